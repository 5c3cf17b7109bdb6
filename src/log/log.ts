/** The event log: what every driver offers, and the errors it may end with. */

import type { Commit } from '../core/events/commit.ts';
import type { Revision } from '../core/values/revision.ts';
import type { SharedLog } from './register.ts';

/**
 * What an acknowledged append survives: `disk-quorum` a power cut and the loss of a minority of
 * servers with their disks, `disk` a power cut, `quorum-memory` the loss of a minority of servers,
 * `memory` nothing.
 */
export type Durability = 'disk-quorum' | 'disk' | 'quorum-memory' | 'memory';

/** What a log takes. Sizes are in characters of a commit's JSON, which for ASCII are bytes. */
export interface LogLimits {
  /** One commit. */
  readonly commitCharacters: number;
  /** Commits issued and not durable yet. */
  readonly queueCommits: number;
  readonly queueCharacters: number;
}

/** What a log has on a disk of this machine; one on a server has nothing. */
export interface EmbeddedFiles {
  /** The log has it to itself, snapshots and an index aside. */
  readonly directory: string;
  /** SQLite's, with a table of commits that another thread may read. */
  readonly database: string;
  /**
   * What is not where it was when it was opened, or why it cannot be written any more; known within
   * a second. Nothing is kept meanwhile.
   */
  readonly trouble: string | undefined;
}

/** Called with every durable commit once, in order of revision. Must not throw. */
export type CommitListener = (commit: Commit) => void;

export interface EventLog {
  /** As the storage was found at the last connect. */
  readonly durability: Durability;
  readonly limits: LogLimits;
  readonly files: EmbeddedFiles | undefined;
  /** Of a log that several stations may have open at once; undefined where it is one station's. */
  readonly shared: SharedLog | undefined;
  /** Groups of commits made durable together since it was opened: so many times it waited. */
  readonly groups: number;

  /**
   * Revision of the last durable commit, as far as is known here; 0 for an empty log. What another
   * station appends to a shared log is known, delivered and counted here by itself.
   */
  head(): Revision;

  /**
   * Appends one commit whose `revision` is `expected + 1`. Appends may be issued without waiting
   * for each other; they become durable in order and the promise settles only when its own commit
   * is durable. When one fails, every append issued after it fails too; the next one may then
   * follow the head again. The commit must not be changed afterwards: listeners get the same
   * object.
   *
   * @throws {RevisionConflictError} `expected` is not the revision of the commit issued last; in a
   *   shared log also: another station's commit is in its place
   * @throws {AppendFailedError} the storage refused (disk full, closed, …); nothing of the commit
   *   is kept
   * @throws {CommitTooLargeError} it is larger than the limit
   * @throws {OutcomeUnknownError} the log was cut off or died on the way: the commit may be kept, or
   *   come late. Append the identical commit again until it ends in another way: a conflict with
   *   the same commit in its place means that it was kept, and the other errors that it certainly
   *   was not. A driver that does not know what became of the first attempt says so again
   * @throws {LogBusyError} more appends are waiting than the limit allows
   * @throws {HistoryLostError} of a shared log: it lost what was read from it
   */
  append(commit: Commit, expected: Revision): Promise<void>;

  /**
   * Durable commits after `from`, in order, up to and including `to`, or up to the head at the time
   * of the call where that comes first. However long that is, little of it is in memory, and
   * nothing is fetched for a reader that takes nothing.
   *
   * @throws {LogCorruptError} what is stored is not what was written; thrown while iterating
   * @throws {LogUnavailableError} the log is closed
   */
  read(from: Revision, to?: Revision): AsyncIterableIterator<Commit>;

  /**
   * Delivers every durable commit after `from`: first those already there, then each new one as it
   * becomes durable, without gap or repetition. The listener is first called after this returns,
   * and before the promise of the commit's append settles.
   *
   * @param failed told once when the log cannot be read on, has lost its history or the listener
   *   threw; the subscription has ended then. Without it the error becomes an uncaught exception.
   * @returns a function that ends the subscription
   * @throws {LogUnavailableError} the log is closed
   */
  subscribe(from: Revision, listener: CommitListener, failed?: (error: Error) => void): () => void;

  /**
   * The chained checksum of all commits up to and including a revision, 0 for revision 0,
   * `undefined` beyond the head. What is made of a log, such as a snapshot, belongs to it by this.
   */
  checksum(revision: Revision): Promise<number | undefined>;

  /** The last commit at or before a time, ms since the epoch; 0 where there is none. */
  revisionAt(time: number): Promise<Revision>;

  /** Bytes the log occupies, as last known. */
  size(): number;

  /** Waits for what was issued, then releases the storage. Further calls fail. */
  close(): Promise<void>;
}

/** A log on servers. */
export type LogOnServers = EventLog & { readonly shared: SharedLog };

export const isOnServers = (log: EventLog): log is LogOnServers => log.shared !== undefined;

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

/** A commit is larger than its log takes. */
export class CommitTooLargeError extends AppendFailedError {
  readonly characters: number;
  readonly max: number;
  constructor(characters: number, max: number) {
    super(`the commit has ${characters} characters, at most ${max} are allowed`);
    this.name = 'CommitTooLargeError';
    this.characters = characters;
    this.max = max;
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

/** Nobody knows whether the commit is kept. */
export class OutcomeUnknownError extends Error {
  readonly code = 'outcome-unknown';
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'OutcomeUnknownError';
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

/**
 * The servers do not have any more what was read from them: a failover lost it, or an older backup
 * was restored. What was made of it shows what is not there; only another start from the log as it
 * is now mends that. Nothing of a commit that is refused with it is kept.
 */
export class HistoryLostError extends Error {
  readonly code = 'history-lost';
  /** Up to which it was read; the servers have something else there, or nothing. */
  readonly revision: Revision;
  constructor(revision: Revision, options?: ErrorOptions) {
    super(
      `what was read of the log up to revision ${revision} is not in it any more: servers were ` +
        'restored from a backup, or lost commits in a failover. What is there now counts',
      options,
    );
    this.name = 'HistoryLostError';
    this.revision = revision;
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

/** The log's URL is none that a driver here opens. The message does not repeat it. */
export class LogUrlError extends LogUnavailableError {
  constructor(found: string, advice: string) {
    super(`the log cannot be opened: ${found}; ${advice}`);
    this.name = 'LogUrlError';
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
