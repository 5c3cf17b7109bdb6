/** Rows that look alike, once each with the machines that they are of. */

import { foldNodeset } from '../../nodeset/nodeset.ts';
import type { Column } from './columns.ts';
import { byName } from './natural.ts';
import type { FleetRow } from './row.ts';

export interface FoldedRow {
  readonly machines: readonly string[];
  /** As a nodeset. */
  readonly nodes: string;
  /** One of them, for what is shown besides. */
  readonly row: FleetRow;
}

/** By what the columns show, the name aside; in the order of the first of each. Where it yields, others may have a turn. */
export function* foldRows(
  rows: readonly FleetRow[],
  columns: readonly Column[],
  now: number,
): Generator<undefined, FoldedRow[]> {
  const shown = columns.filter(({ type }) => type !== 'name');
  const groups = new Map<string, FleetRow[]>();
  for (const row of rows) {
    yield;
    const key = JSON.stringify(shown.map(({ text, symbol }) => [text(row, now), symbol?.(row)]));
    const alike = groups.get(key);
    if (alike) alike.push(row);
    else groups.set(key, [row]);
  }
  return Array.from(groups.values(), (alike) => {
    const machines = alike.map(({ machine }) => machine).sort(byName);
    return { machines, nodes: foldNodeset(machines), row: alike[0]! };
  });
}
