/** Reading commits of a log one by one. */

import type { Commit } from '../core/events/commit.ts';
import type { Revision } from '../core/values/revision.ts';
import type { EventLog } from './log.ts';

/**
 * What a driver reads in pages, page by page as it is asked for: nothing is read ahead of whoever
 * reads. An async generator would do the same in three turns of the microtask queue a commit.
 */
export class CommitReading implements AsyncIterableIterator<Commit> {
  readonly #commits: Iterator<Commit>;
  readonly #check: () => void;

  /** @param check throws where the log cannot be read any more */
  constructor(commits: Iterator<Commit>, check: () => void) {
    this.#commits = commits;
    this.#check = check;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<Commit>> {
    return Promise.try(() => {
      this.#check();
      return this.#commits.next();
    });
  }

  return(): Promise<IteratorResult<Commit>> {
    this.#commits.return?.();
    return Promise.resolve({ done: true, value: undefined });
  }
}

/**
 * The commit at a revision; undefined beyond the head.
 *
 * @throws what reading the log throws
 */
export const commitAt = async (log: EventLog, at: Revision): Promise<Commit | undefined> => {
  for await (const commit of log.read((at - 1) as Revision, at)) return commit;
  return undefined;
};
