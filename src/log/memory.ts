/** A log in memory, for tests and trials: nothing survives the process. */

import type { Commit } from '../core/events/commit.ts';
import type { Revision } from '../core/values/revision.ts';
import {
  AppendFailedError,
  LogBusyError,
  LogUnavailableError,
  RevisionConflictError,
} from './log.ts';
import type { CommitListener, EventLog } from './log.ts';
import { Subscriptions } from './subscriptions.ts';

/**
 * What has become durable: one JSON text a commit. It outlives the log that filled it, so a crash
 * is to drop the log and open another on the same storage.
 */
export type MemoryStorage = string[];

export interface MemoryLogOptions {
  /** Default: empty. */
  readonly storage?: MemoryStorage;
  /**
   * Called before each commit becomes durable; throwing makes that append fail, as a full disk
   * would.
   */
  readonly store?: (commit: Commit) => void;
  /** Commits that may wait, from 1. Default 65,536. */
  readonly queueCommits?: number;
}

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
  readonly #storage: MemoryStorage;
  readonly #store: (commit: Commit) => void;
  readonly #queueCommits: number;
  readonly #subscriptions: Subscriptions;
  #waiting: Waiting[] = [];
  #issued: number;
  #closed = false;

  constructor(options: MemoryLogOptions) {
    this.#storage = options.storage ?? [];
    this.#store = options.store ?? ((): void => undefined);
    this.#queueCommits = options.queueCommits ?? 65_536;
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
    if (expected !== this.#issued) {
      throw new RevisionConflictError(expected, this.#issued as Revision);
    }
    if (commit.revision !== expected + 1) {
      throw new RangeError(`a commit after revision ${expected} cannot be ${commit.revision}`);
    }
    if (this.#waiting.length >= this.#queueCommits) throw new LogBusyError(this.#waiting.length);
    const body = JSON.stringify(commit);
    this.#issued = commit.revision;
    await new Promise<void>((resolve, reject) => {
      this.#waiting.push({ commit, body, resolve, reject });
      if (this.#waiting.length === 1) setImmediate(() => this.#flush());
    });
  }

  read(from: Revision, to = this.head()): IterableIterator<Commit> {
    if (this.#closed) throw new LogUnavailableError('the log is closed');
    return this.#commits(from, Math.min(to, this.#storage.length));
  }

  *#commits(from: number, to: number): Generator<Commit> {
    for (let index = from; index < to; index++) {
      yield JSON.parse(this.#storage[index] as string) as Commit;
    }
  }

  subscribe(from: Revision, listener: CommitListener, failed?: (error: Error) => void): () => void {
    if (this.#closed) throw new LogUnavailableError('the log is closed');
    return this.#subscriptions.subscribe(from, listener, failed);
  }

  size(): number {
    return this.#storage.reduce((total, body) => total + body.length, 0);
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
    for (const [index, { commit, body, resolve }] of batch.entries()) {
      try {
        this.#store(commit);
      } catch (cause) {
        this.#issued = this.#storage.length;
        const error = new AppendFailedError('the storage refused a commit', { cause });
        for (const { reject } of batch.slice(index)) reject(error);
        return;
      }
      this.#storage.push(body);
      this.#subscriptions.publish(commit);
      resolve();
    }
  }
}
