/** Which snapshots stay: the newest shorten the start, and a few older ones the reads of the past. */

import type { SnapshotFile } from '../../log/snapshots.ts';

/** The newest, of which one may be damaged. */
const newestKept = 3;
/** Older ones, spread over the log. */
const olderKept = 8;

/**
 * @param usable the newest first
 * @param logBytes the older ones together take no more room than the log
 */
export const keptSnapshots = (
  usable: readonly SnapshotFile[],
  logBytes: number,
): readonly SnapshotFile[] => {
  const newest = usable.slice(0, newestKept);
  let older = usable.slice(newestKept);
  const isTooMuch = (): boolean =>
    older.length > olderKept || older.reduce((sum, { bytes }) => sum + bytes, 0) > logBytes;
  while (older.length > 0 && isTooMuch()) {
    const least = leastMissed([...newest.slice(-1), ...older]);
    older = older.filter((one) => one !== least);
  }
  return [...newest, ...older];
};

/** That without which the next ones before and after are nearest to each other; the first is none of them. */
const leastMissed = (all: readonly SnapshotFile[]): SnapshotFile => {
  const at = (i: number): number => all[i]?.about.revision ?? 0;
  const gap = (i: number): number => at(i - 1) - at(i + 1);
  return all.reduce(
    (least, one, i) => (i > 1 && gap(i) < gap(all.indexOf(least)) ? one : least),
    all[1]!,
  );
};
