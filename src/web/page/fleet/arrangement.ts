/**
 * The machines that pass a filter, in order. What changes is taken out and put in where it belongs, so that hundreds of
 * changes a second cost little, however many machines there are.
 */

import type { RowTest } from '../../../checks/view/filter.ts';
import type { FleetRow } from '../../../checks/view/row.ts';
import type { RowOrder } from '../../../checks/view/sort.ts';
import type { FleetChange } from './machines.ts';

export interface Arranged {
  readonly test: RowTest;
  /** Total: no two machines are alike in it. */
  readonly order: RowOrder;
  /** By which the test is made; an order that goes by time has one of its own. */
  readonly now: number;
}

/** Rows that are put in at once. */
const rowsAtOnce = 200;

export class Arrangement {
  readonly #by: Arranged;
  readonly #placed = new Map<string, FleetRow>();
  #rows: readonly FleetRow[] = [];

  constructor(by: Arranged) {
    this.#by = by;
  }

  /** Another list where something has changed. */
  get rows(): readonly FleetRow[] {
    return this.#rows;
  }

  /** Of all these machines, in steps. */
  static *of(rows: Iterable<FleetRow>, by: Arranged): Generator<undefined, Arrangement> {
    const made = new Arrangement(by);
    let some: FleetRow[] = [];
    for (const row of rows) {
      some.push(row);
      if (some.length < rowsAtOnce) continue;
      made.put({ rows: some, gone: [] });
      some = [];
      yield;
    }
    made.put({ rows: some, gone: [] });
    return made;
  }

  /** @returns the machines that came, went or have another place now */
  put({ rows, gone }: FleetChange): readonly string[] {
    const { test, now, order } = this.#by;
    const moved: string[] = [];
    const away = new Set<string>();
    const into = new Map<string, FleetRow>();
    for (const name of gone) {
      if (!this.#placed.has(name)) continue;
      away.add(name);
      moved.push(name);
    }
    for (const row of rows) {
      const { machine } = row;
      const before = this.#placed.get(machine);
      const passes = test(row, now);
      if (before) away.add(machine);
      if (passes) into.set(machine, row);
      else into.delete(machine);
      if (before ? !passes || order(before, row) !== 0 : passes) moved.push(machine);
    }
    if (away.size === 0 && into.size === 0) return moved;
    for (const name of away) this.#placed.delete(name);
    for (const [name, row] of into) this.#placed.set(name, row);
    const kept =
      away.size === 0 ? this.#rows : this.#rows.filter(({ machine }) => !away.has(machine));
    this.#rows = inserted(kept, [...into.values()].sort(order), order);
    return moved;
  }
}

/** Both in order, with few that are new: each is looked for by halves. */
const inserted = (
  kept: readonly FleetRow[],
  added: readonly FleetRow[],
  order: RowOrder,
): readonly FleetRow[] => {
  if (added.length === 0) return kept;
  const all: FleetRow[] = [];
  let from = 0;
  for (const row of added) {
    const place = placeIn(kept, row, from, order);
    for (; from < place; from += 1) all.push(kept[from]!);
    all.push(row);
  }
  for (; from < kept.length; from += 1) all.push(kept[from]!);
  return all;
};

const placeIn = (
  rows: readonly FleetRow[],
  row: FleetRow,
  from: number,
  order: RowOrder,
): number => {
  // What comes from the station is in the usual order already.
  const last = rows.at(-1);
  if (!last || order(last, row) < 0) return rows.length;
  let [low, high] = [from, rows.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (order(rows[middle]!, row) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
};
