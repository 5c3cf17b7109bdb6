/** The order of machines as `halctl` has it, for who compares the same names all the time. */

import { nameKey } from '../../../checks/view/natural.ts';
import { orderBy } from '../../../checks/view/sort.ts';
import type { RowOrder, SortKey } from '../../../checks/view/sort.ts';

const keysMax = 100_000;
const keys = new Map<string, string>();

const keyOf = (name: string): string => {
  let key = keys.get(name);
  if (key === undefined) {
    if (keys.size >= keysMax) keys.clear();
    keys.set(name, (key = nameKey(name)));
  }
  return key;
};

export const inNameOrder: RowOrder = ({ machine: a }, { machine: b }) => {
  if (a === b) return 0;
  return keyOf(a) < keyOf(b) ? -1 : 1;
};

/** By several columns; what is alike in all of them by name. */
export const rowOrder = (by: readonly SortKey[], now: number): RowOrder => {
  const orders = by.map((key): RowOrder => {
    if (key.column === 'problems' || key.column.type !== 'name')
      return orderBy([key], now, () => 0);
    return key.isReversed ? (a, b) => inNameOrder(b, a) : inNameOrder;
  });
  return (a, b) => {
    for (const order of orders) {
      const found = order(a, b);
      if (found !== 0) return found;
    }
    return inNameOrder(a, b);
  };
};
