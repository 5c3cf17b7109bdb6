/** Bringing the commits of one log into another. */

import type { Revision } from '../core/values/revision.ts';
import { bodyOf } from './chain.ts';
import type { EventLog } from './log.ts';

/** What is read of the one before the other must have it. */
const window = { commits: 1000, characters: 8 * 1024 * 1024 } as const;

/** Told how far the copy is, from time to time. */
export type Progress = (revision: Revision) => void;

/**
 * Reads what a log has behind the end of another and appends it there, with little of it in memory at
 * any time. What the first has at that end and before must be the same.
 *
 * @param progress told after each window
 * @throws what reading the one or writing the other failed with; what was written stays
 */
export async function copyCommits(
  from: EventLog,
  to: EventLog,
  progress: Progress,
  signal?: AbortSignal,
): Promise<void> {
  for (let end = from.head(); to.head() < end; end = from.head()) {
    let written: Promise<void> | undefined;
    let [commits, characters] = [0, 0];
    const settled = async (): Promise<void> => {
      await written;
      [commits, characters] = [0, 0];
      progress(to.head());
    };
    for await (const commit of from.read(to.head(), end)) {
      if (signal?.aborted) return;
      commits += 1;
      characters += bodyOf(commit).length;
      written = to.append(commit, (commit.revision - 1) as Revision);
      // It is awaited in any case; and one that fails takes those behind it along.
      written.catch(() => undefined);
      if (commits >= window.commits || characters >= window.characters) await settled();
    }
    await settled();
  }
}
