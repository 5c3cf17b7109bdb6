/** What invariants are told by. */

/** @throws {Error} what does not hold */
export const must = (holds: boolean, what: string): void => {
  if (!holds) throw new Error(what);
};

export const count = <T>(items: Iterable<T>, key: (item: T) => string): Map<string, number> => {
  const counts = new Map<string, number>();
  for (const item of items) counts.set(key(item), (counts.get(key(item)) ?? 0) + 1);
  return counts;
};
