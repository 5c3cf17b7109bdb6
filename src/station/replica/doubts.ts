/**
 * Commits of which the log has not said what became of them: it was cut off, or died, before its
 * answer. Nothing is taken back and nobody told that it failed until the log has said.
 */

import type { Commit } from '../../core/events/commit.ts';
import { revision } from '../../core/values/revision.ts';
import { bodyOf } from '../../log/chain.ts';
import {
  AppendFailedError,
  HistoryLostError,
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
  /** Whether a commit is in the graph, and may be taken back yet. */
  readonly isPending: (commit: Commit) => boolean;
  /** Takes one back, and what was decided on top of it: it certainly is not kept. */
  readonly takeBack: (commit: Commit, why: unknown) => void;
  /** Resolves after so many ms, or at once where the signal is aborted. */
  readonly pause: (ms: number, signal: AbortSignal) => Promise<void>;
}

/** Whether it says that a commit certainly is not kept. */
const isRefusal = (error: unknown): boolean =>
  error instanceof AppendFailedError ||
  error instanceof NotInPlaceError ||
  error instanceof HistoryLostError;

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
    const mine = this.#asking
      .then(() => this.#settle(commit))
      .catch((error: unknown) => {
        // Before the next one is asked for: offered behind another's commit, it might be taken.
        if (!(error instanceof OutcomeUnknownError)) this.#parts.takeBack(commit, error);
        throw error;
      });
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
      const isKept = this.#parts.isPending(commit)
        ? await this.#offered(commit)
        : // The log has brought it meanwhile, or another's in its place or in that of one before it.
          await this.#isThere(commit, 'nothing');
      if (isKept) return;
      if (signal.aborted) throw new OutcomeUnknownError('the station stops');
      await this.#parts.pause(restMs, signal);
    }
  }

  /** Resolves with whether it is kept; false: nobody knows. @throws why it certainly is not */
  async #offered(commit: Commit): Promise<boolean> {
    const { log } = this.#parts;
    try {
      await log.append(commit, revision(commit.revision - 1));
      return true;
    } catch (error) {
      if (isRefusal(error)) throw error;
      // In a log of our own there is nothing where what came before it is missing as well.
      const lacking = log.shared ? 'another' : 'nothing';
      return error instanceof RevisionConflictError && this.#isThere(commit, lacking);
    }
  }

  /**
   * Whether the log has it; false: it does not say.
   *
   * @param lacking what else there shows that it is not kept: `nothing` as well as another's commit
   * @throws {RevisionConflictError} it certainly is not
   */
  async #isThere(commit: Commit, lacking: 'another' | 'nothing'): Promise<boolean> {
    const { log } = this.#parts;
    let there: Commit | undefined;
    try {
      there = await commitAt(log, commit.revision);
    } catch {
      return false;
    }
    if (there && bodyOf(there) === bodyOf(commit)) return true;
    if (there || lacking === 'nothing')
      throw new RevisionConflictError(revision(commit.revision - 1), log.head());
    return false;
  }
}
