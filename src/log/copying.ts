/** Bringing the commits of one log into another. */

import type { Revision } from '../core/values/revision.ts';
import { bodyOf } from './chain.ts';
import { CommitTooLargeError } from './log.ts';
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
    let failed: unknown;
    let [commits, characters] = [0, 0];
    const settled = async (): Promise<void> => {
      await written?.catch((error: unknown) => {
        throw failed ?? error;
      });
      [commits, characters] = [0, 0];
      progress(to.head());
    };
    for await (const commit of from.read(to.head(), end)) {
      if (signal?.aborted) return;
      commits += 1;
      characters += bodyOf(commit).length;
      written = to.append(commit, (commit.revision - 1) as Revision);
      // It takes those behind it along, which would only say that it is not there.
      written.catch((error: unknown) => {
        failed ??= error instanceof CommitTooLargeError ? tooLarge(commit.revision, error) : error;
      });
      if (commits >= window.commits || characters >= window.characters) await settled();
    }
    await settled();
  }
}

const tooLarge = (revision: Revision, { characters, max }: CommitTooLargeError): Error =>
  new Error(
    `the log to copy to does not take the commit of revision ${revision}, which has ${characters} ` +
      `characters of at most ${max}; what is before it is there. Let its servers take more ` +
      '(KurrentDB: their MaxAppendSize, and maxAppendSize=BYTES in the URL), or copy to another log',
  );
