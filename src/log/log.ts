/** The event log: what every driver offers, and the errors it may end with. */

import type { Commit } from '../core/events/commit.ts';
import type { Revision } from '../core/values/revision.ts';

/**
 * What an acknowledged append survives: `disk` a power cut, `quorum-memory` the loss of a minority
 * of servers, `memory` nothing.
 */
export type Durability = 'disk' | 'quorum-memory' | 'memory';

/** Called with every durable commit once, in order of revision. Must not throw. */
export type CommitListener = (commit: Commit) => void;

export interface EventLog {
  readonly durability: Durability;

  /** Revision of the last durable commit; 0 for an empty log. */
  head(): Revision;

  /**
   * Appends one commit whose `revision` is `expected + 1`. Appends may be issued without waiting
   * for each other; they become durable in order and the promise settles only when its own commit
   * is durable. When one fails, every append issued after it fails too; the next one may then
   * follow the head again. The commit must not be changed afterwards: listeners get the same
   * object.
   *
   * @throws {RevisionConflictError} `expected` is not the revision of the commit issued last
   * @throws {AppendFailedError} the storage refused (disk full, closed, …); nothing of the commit
   *   is kept
   * @throws {LogBusyError} more appends are waiting than the limit allows
   */
  append(commit: Commit, expected: Revision): Promise<void>;

  /**
   * Durable commits after `from`, in order, up to and including `to`, or up to the head at the time
   * of the call where that comes first.
   *
   * @throws {LogCorruptError} what is stored is not what was written; thrown while iterating
   * @throws {LogUnavailableError} the log is closed
   */
  read(from: Revision, to?: Revision): IterableIterator<Commit>;

  /**
   * Delivers every durable commit after `from`: first those already there, then each new one as it
   * becomes durable, without gap or repetition. The listener is first called after this returns,
   * and before the promise of the commit's append settles.
   *
   * @param failed told once when the log cannot be read on or the listener threw; the subscription
   *   has ended then. Without it the error becomes an uncaught exception.
   * @returns a function that ends the subscription
   * @throws {LogUnavailableError} the log is closed
   */
  subscribe(from: Revision, listener: CommitListener, failed?: (error: Error) => void): () => void;

  /** Bytes the log occupies. */
  size(): number;

  /** Waits for what was issued, then releases the storage. Further calls fail. */
  close(): Promise<void>;
}

export class RevisionConflictError extends Error {
  readonly code = 'revision-conflict';
  readonly expected: Revision;
  readonly actual: Revision;
  constructor(expected: Revision, actual: Revision) {
    super(`expected the log at revision ${expected}, it is at ${actual}`);
    this.name = 'RevisionConflictError';
    this.expected = expected;
    this.actual = actual;
  }
}

export class AppendFailedError extends Error {
  readonly code = 'append-failed';
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'AppendFailedError';
  }
}

/**
 * The files are not where they were when they were opened, or cannot be written any more: what was
 * appended would not be found again. Nothing of the commit is kept.
 */
export class NotInPlaceError extends Error {
  readonly code = 'not-in-place';
  constructor(trouble: string) {
    super(
      `${trouble}. Commands are refused. Put it back as it was, the same file and no copy, and all ` +
        'goes on; or restart, on what is there then',
    );
    this.name = 'NotInPlaceError';
  }
}

export class LogBusyError extends Error {
  readonly code = 'log-busy';
  constructor(waiting: number) {
    super(`${waiting} commits are waiting to be written; try again`);
    this.name = 'LogBusyError';
  }
}

/** The log's content is not what was written; nothing is repaired, nothing is served. */
export class LogCorruptError extends Error {
  readonly code = 'log-corrupt';
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'LogCorruptError';
  }
}

/** The log cannot be used where it is: no permission, a file of a newer release, a closed log. */
export class LogUnavailableError extends Error {
  readonly code = 'log-unavailable';
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'LogUnavailableError';
  }
}

/** The log is open already, in this process or another. */
export class LogLockedError extends Error {
  readonly code = 'log-locked';
  /** @param pid of the process that has it; null where that is not known */
  constructor(path: string, pid: number | null = null) {
    const which = pid === null ? '' : ` (pid ${pid})`;
    super(
      `${path} is in use: another process${which}, most likely a station, has this log open; ` +
        'stop it, or use another directory',
    );
    this.name = 'LogLockedError';
  }
}
