/** By which columns rows are sorted, as it stands in the address: `-since,machine`. */

export interface Sorted {
  readonly id: string;
  readonly desc: boolean;
}

export const sortingOf = (text: string): readonly Sorted[] =>
  text
    .split(',')
    .filter((one) => one !== '')
    .map((one) => ({ id: one.replace(/^-/, ''), desc: one.startsWith('-') }));

export const sortText = (sorting: readonly Sorted[]): string =>
  sorting.map(({ id, desc }) => `${desc ? '-' : ''}${id}`).join(',');

/**
 * What a press on a title makes of it: up, then down, then no more by it.
 *
 * @param isMore whether it comes after the columns by which it is sorted already
 */
export const sortedBy = (
  sorting: readonly Sorted[],
  id: string,
  isMore: boolean,
): readonly Sorted[] => {
  const before = sorting.find((one) => one.id === id);
  const next: readonly Sorted[] = before?.desc ? [] : [{ id, desc: before !== undefined }];
  if (!isMore) return next;
  return before ? sorting.flatMap((one) => (one.id === id ? next : [one])) : [...sorting, ...next];
};
