/** The line between a handle and a shared log in memory, and what can be wrong with it. */

import { LogUnavailableError } from './log.ts';

/**
 * How a line is cut: `refused`, so that every call fails at once and certainly had no effect; or
 * `silent`, so that a call waits until the line is restored or its own deadline is over.
 */
export type Cut = 'refused' | 'silent';

/**
 * Begins to wait, and calls when it has been long enough; gives a function that takes it back. The
 * only sense of time that a handle has: a trial hands in that of its station.
 */
export type Deadline = (expire: () => void) => () => void;

interface Waiting {
  readonly go: () => void;
  readonly fail: (error: Error) => void;
}

export class Line {
  #cut: Cut | undefined;
  #isHeld = false;
  #trouble: string | undefined;
  #hasExpired = false;
  #isClosed = false;
  /** How many of those held may pass. */
  #passing = 0;
  readonly #waiting = new Set<Waiting>();
  readonly #deadline: Deadline | undefined;
  readonly #restored: () => void;

  /** @param restored told when what has come meanwhile may be delivered */
  constructor(deadline: Deadline | undefined, restored: () => void) {
    this.#deadline = deadline;
    this.#restored = restored;
  }

  /** Why the storage cannot be reached, as `SharedLog.trouble` says it. */
  get trouble(): string | undefined {
    if (this.#trouble !== undefined) return this.#trouble;
    if (this.#cut === 'refused') return 'the connection is refused';
    return this.#cut !== undefined && this.#hasExpired ? 'there is no answer' : undefined;
  }

  /** Says another trouble, or none of its own; the line is as it was. */
  set trouble(trouble: string | undefined) {
    this.#trouble = trouble;
  }

  get isCut(): boolean {
    return this.#cut !== undefined;
  }

  get isRefused(): boolean {
    return this.#cut === 'refused';
  }

  /** Cuts it off from the storage: nothing comes through, either way. */
  cut(how: Cut): void {
    this.#cut = how;
    this.#hasExpired = false;
    if (how === 'refused') this.#endWaiting(refused());
  }

  /** What waits goes on, in order, and what others have appended meanwhile is delivered. */
  restore(): void {
    this.#cut = undefined;
    for (const { go } of this.#waiting) go();
    this.#restored();
  }

  /** What others append stays on the way, and is not known here. */
  hold(): void {
    this.#isHeld = true;
    this.#passing = 0;
  }

  /** Lets what is on the way through, or so many commits of it. */
  release(commits?: number): void {
    if (commits === undefined) this.#isHeld = false;
    else this.#passing += commits;
    this.#restored();
  }

  /** Whether another's commit comes through now; it is counted as one that has. */
  lets(): boolean {
    if (this.isCut) return false;
    if (!this.#isHeld) return true;
    if (this.#passing === 0) return false;
    this.#passing -= 1;
    return true;
  }

  /**
   * Resolves when the storage is reached.
   *
   * @param expired makes the error that its deadline ends in
   * @throws {LogUnavailableError} the line is refused, or closed
   */
  reach(expired: () => Error): Promise<void> {
    if (this.#isClosed) return Promise.reject(closed());
    if (this.#cut === undefined) return Promise.resolve();
    if (this.#cut === 'refused') return Promise.reject(refused());
    return new Promise<void>((resolve, reject) => {
      const end = (): void => {
        cancel?.();
        this.#waiting.delete(waiting);
      };
      const waiting: Waiting = {
        go: () => {
          end();
          resolve();
        },
        fail: (error) => {
          end();
          reject(error);
        },
      };
      this.#waiting.add(waiting);
      const cancel = this.#deadline?.(() => {
        this.#hasExpired = true;
        waiting.fail(expired());
      });
    });
  }

  /** Ends what waits. */
  close(): void {
    this.#isClosed = true;
    this.#endWaiting(closed());
  }

  #endWaiting(error: Error): void {
    for (const { fail } of this.#waiting) fail(error);
  }
}

const refused = (): Error => new LogUnavailableError('the storage refuses the connection');
const closed = (): Error => new LogUnavailableError('the log is closed');
