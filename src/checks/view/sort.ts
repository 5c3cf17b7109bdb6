/** The order of rows. */

import type { CellValue, Column } from './columns.ts';
import { byName } from './natural.ts';
import type { FleetRow } from './row.ts';
import { severityOf } from './state.ts';

/** `-age,machine`: a column each, `-` turns it round. `problems` is what asks for somebody, worst first. */
export interface SortKey {
  readonly column: Column | 'problems';
  readonly isReversed: boolean;
}

export type RowOrder = (a: FleetRow, b: FleetRow) => number;

/**
 * What is alike in all keys goes by the names of the machines. What is not known comes last, either way.
 *
 * @param tie for rows that are in that order already: what leaves them there
 */
export const orderBy = (
  keys: readonly SortKey[],
  now: number,
  tie: RowOrder = (a, b) => byName(a.machine, b.machine),
): RowOrder => {
  const orders = keys.map((key) => orderOf(key, now));
  return (a, b) => {
    for (const order of orders) {
      const found = order(a, b);
      if (found !== 0) return found;
    }
    return tie(a, b);
  };
};

const orderOf = ({ column, isReversed }: SortKey, now: number): RowOrder => {
  const sign = isReversed ? -1 : 1;
  if (column === 'problems') return (a, b) => sign * (severityOf(b) - severityOf(a));
  return (a, b) => {
    const [first, second] = [sortable(column, a, now), sortable(column, b, now)];
    if (first === null || second === null)
      return (first === null ? 1 : 0) - (second === null ? 1 : 0);
    return sign * compare(first, second);
  };
};

/** A check goes by its value where it has one, else by its verdict. */
const sortable = (column: Column, row: FleetRow, now: number): CellValue => {
  const one = column.observation?.(row);
  if (one && one.value !== null) return one.value;
  const value = column.value(row, now);
  return Array.isArray(value) && value.length === 0 ? null : value;
};

const compare = (a: NonNullable<CellValue>, b: NonNullable<CellValue>): number => {
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  if (typeof a === 'boolean' && typeof b === 'boolean') return Number(a) - Number(b);
  return byName(String(a), String(b));
};
