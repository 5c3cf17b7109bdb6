/**
 * Commits of which the log has not said what became of them: it was cut off, or died, before its
 * answer. Nothing is taken back and nobody told that it failed until the log has said.
 */

import type { Commit } from '../../core/events/commit.ts';
import { revision } from '../../core/values/revision.ts';
import { bodyOf } from '../../log/chain.ts';
import {
  AppendFailedError,
  NotInPlaceError,
  OutcomeUnknownError,
  RevisionConflictError,
} from '../../log/log.ts';
import type { EventLog } from '../../log/log.ts';
import { commitAt } from '../../log/reading.ts';

/** Between two questions to a log that does not know, ms. */
const restMs = 250;

export interface DoubtsParts {
  readonly log: EventLog;
  /** Resolves after so many ms, or at once where the signal is aborted. */
  readonly pause: (ms: number, signal: AbortSignal) => Promise<void>;
}

export class Doubts {
  readonly #parts: DoubtsParts;
  readonly #closing = new AbortController();
  /** Ends with the last question: they are asked one after the other, oldest first. */
  #asking: Promise<unknown> = Promise.resolve();
  #count = 0;

  constructor(parts: DoubtsParts) {
    this.#parts = parts;
  }

  /** While there are any, nothing may be decided on top of them. */
  get any(): boolean {
    return this.#count > 0;
  }

  /**
   * Resolves when a commit turns out to be in the log, once. The log gets it once more for that:
   * one look would not do, since what was sent before may come late.
   *
   * @throws why it certainly is not, and will not come
   * @throws {OutcomeUnknownError} the station stops before the log has said
   */
  async settle(commit: Commit): Promise<void> {
    this.#count += 1;
    const mine = this.#asking.then(() => this.#settle(commit));
    this.#asking = mine.catch(() => undefined);
    try {
      await mine;
    } finally {
      this.#count -= 1;
    }
  }

  /** Asks no more; what is in doubt stays so for the next start, which reads the log. */
  close(): void {
    this.#closing.abort();
  }

  async #settle(commit: Commit): Promise<void> {
    const { signal } = this.#closing;
    for (;;) {
      try {
        await this.#parts.log.append(commit, revision(commit.revision - 1));
        return;
      } catch (error) {
        if (error instanceof AppendFailedError || error instanceof NotInPlaceError) throw error;
        if (error instanceof RevisionConflictError) {
          const there = await this.#lookedUp(commit);
          if (there === 'kept') return;
          if (there === 'another') throw error;
        }
      }
      if (signal.aborted) throw new OutcomeUnknownError('the station stops');
      await this.#parts.pause(restMs, signal);
    }
  }

  /** What is in the place of a commit. */
  async #lookedUp(commit: Commit): Promise<'kept' | 'another' | 'unknown'> {
    try {
      const there = await commitAt(this.#parts.log, commit.revision);
      // Where there is nothing, what came before it is missing as well.
      return there && bodyOf(there) === bodyOf(commit) ? 'kept' : 'another';
    } catch {
      return 'unknown';
    }
  }
}
