/** A log in memory, for tests and trials: nothing survives the process. */

import type { Commit } from '../core/events/commit.ts';
import type { Revision } from '../core/values/revision.ts';
import {
  AppendFailedError,
  CommitTooLargeError,
  LogBusyError,
  LogCorruptError,
  LogUnavailableError,
  OutcomeUnknownError,
  RevisionConflictError,
} from './log.ts';
import { after, bodyOf, ChainReader, logStart } from './chain.ts';
import type { StoredCommit } from './chain.ts';
import type { CommitListener, EventLog, LogLimits } from './log.ts';
import { CommitReading } from './reading.ts';
import { Subscriptions } from './subscriptions.ts';

/**
 * What has become durable. It outlives the log that filled it, so a crash is to drop the log and
 * open another on the same storage.
 */
export type MemoryStorage = (StoredCommit & { readonly at: number })[];

/**
 * What really becomes of a commit of which its caller hears nothing: it is kept, lost, or kept when
 * the next one is appended.
 */
export type Silence = 'kept' | 'lost' | 'late';

export interface MemoryLogOptions {
  /** Default: empty. */
  readonly storage?: MemoryStorage;
  /**
   * Called before each commit becomes durable; throwing makes that append fail, as a full disk
   * would. A `Silence` makes its outcome unknown, as a server that is cut off would.
   */
  readonly store?: (commit: Commit) => Silence | void;
  readonly limits?: Partial<LogLimits>;
}

export const memoryLogLimits: LogLimits = {
  commitCharacters: 64 * 1024 * 1024,
  queueCommits: 65_536,
  queueCharacters: 256 * 1024 * 1024,
};

interface Waiting {
  readonly commit: Commit;
  readonly body: string;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

export function openMemoryLog(options: MemoryLogOptions = {}): EventLog {
  return new MemoryLog(options);
}

class MemoryLog implements EventLog {
  readonly durability = 'memory';
  readonly limits: LogLimits;
  readonly files = undefined;
  readonly shared = undefined;
  groups = 0;
  readonly #storage: MemoryStorage;
  readonly #store: (commit: Commit) => Silence | void;
  /** Commits that come after their callers have given up. */
  #late: Waiting[] = [];
  readonly #subscriptions: Subscriptions;
  #waiting: Waiting[] = [];
  #issued: number;
  #closed = false;

  constructor(options: MemoryLogOptions) {
    this.#storage = options.storage ?? [];
    this.#store = options.store ?? ((): void => undefined);
    this.limits = { ...memoryLogLimits, ...options.limits };
    this.#issued = this.#storage.length;
    this.#subscriptions = new Subscriptions(
      (from) => this.read(from),
      () => this.head(),
    );
  }

  head(): Revision {
    return this.#storage.length as Revision;
  }

  async append(commit: Commit, expected: Revision): Promise<void> {
    if (this.#closed) throw new AppendFailedError('the log is closed');
    for (const { commit: own, body } of this.#late.splice(0)) this.#keep(own, body);
    if (expected !== this.#issued) {
      throw new RevisionConflictError(expected, this.#issued as Revision);
    }
    if (commit.revision !== expected + 1) {
      throw new RangeError(`a commit after revision ${expected} cannot be ${commit.revision}`);
    }
    const body = bodyOf(commit);
    const { commitCharacters, queueCommits, queueCharacters } = this.limits;
    if (body.length > commitCharacters)
      throw new CommitTooLargeError(body.length, commitCharacters);
    const { length } = this.#waiting;
    const characters = this.#waiting.reduce((sum, waiting) => sum + waiting.body.length, 0);
    if (length >= queueCommits || (length > 0 && characters + body.length > queueCharacters))
      throw new LogBusyError(length);
    this.#issued = commit.revision;
    await new Promise<void>((resolve, reject) => {
      this.#waiting.push({ commit, body, resolve, reject });
      if (this.#waiting.length === 1) setImmediate(() => this.#flush());
    });
  }

  read(from: Revision, to = this.head()): AsyncIterableIterator<Commit> {
    this.#mustBeOpen();
    const commits = this.#commits(from, Math.min(to, this.#storage.length));
    return new CommitReading(commits, () => this.#mustBeOpen());
  }

  *#commits(from: number, to: number): Generator<Commit> {
    const chain = new ChainReader(
      this.#storage[from - 1] ?? logStart,
      (at, found) => new LogCorruptError(`at revision ${at}, ${found}`),
    );
    for (let index = from; index < to; index++) yield chain.read(this.#storage[index]);
  }

  async checksum(revision: Revision): Promise<number | undefined> {
    this.#mustBeOpen();
    return revision === 0 ? logStart.crc : this.#storage[revision - 1]?.crc;
  }

  async revisionAt(time: number): Promise<Revision> {
    this.#mustBeOpen();
    return (this.#storage.findLastIndex(({ at }) => at <= time) + 1) as Revision;
  }

  #mustBeOpen(): void {
    if (this.#closed) throw new LogUnavailableError('the log is closed');
  }

  subscribe(from: Revision, listener: CommitListener, failed?: (error: Error) => void): () => void {
    this.#mustBeOpen();
    return this.#subscriptions.subscribe(from, listener, failed);
  }

  size(): number {
    return this.#storage.reduce((total, { body }) => total + body.length, 0);
  }

  async close(): Promise<void> {
    this.#closed = true;
    await new Promise<void>((resolve) => {
      setImmediate(resolve);
    });
    this.#subscriptions.close();
  }

  #flush(): void {
    const batch = this.#waiting;
    this.#waiting = [];
    this.groups += 1;
    for (const [index, waiting] of batch.entries()) {
      const { commit, body, resolve } = waiting;
      try {
        const silence = this.#store(commit);
        if (silence === 'late') this.#late.push(waiting);
        if (silence !== 'late' && silence !== 'lost') this.#keep(commit, body);
        if (silence !== undefined) throw new OutcomeUnknownError('the storage did not answer');
      } catch (cause) {
        this.#issued = this.#storage.length;
        const error =
          cause instanceof OutcomeUnknownError
            ? cause
            : new AppendFailedError('the storage refused a commit', { cause });
        for (const { reject } of batch.slice(index)) reject(error);
        return;
      }
      resolve();
    }
  }

  #keep(commit: Commit, body: string): void {
    const end = after(this.#storage.at(-1) ?? logStart, body);
    this.#storage.push({ ...end, at: commit.at, body });
    this.#issued = Math.max(this.#issued, this.#storage.length);
    this.#subscriptions.publish(commit);
  }
}
