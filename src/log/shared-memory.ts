/**
 * A log in memory that several stations have open at once, for tests and simulations: what a log on
 * servers does, and what can go wrong with it, at the wish of a test. Nothing in it waits by a clock
 * of its own, and two runs with the same calls end in the same.
 *
 *     const storage = new SharedMemory();
 *     const one = openSharedMemoryLog({ storage });
 *     const other = openSharedMemoryLog({ storage });
 *     other.line.cut('silent'); // … it waits for its deadline
 *     storage.lose(3); // the servers come back without the last three commits
 */

import { setImmediate as turn } from 'node:timers/promises';
import type { Commit } from '../core/events/commit.ts';
import type { Revision } from '../core/values/revision.ts';
import { bodyOf, ChainReader, logStart } from './chain.ts';
import type { LogPosition, StoredCommit } from './chain.ts';
import {
  AppendFailedError,
  CommitTooLargeError,
  HistoryLostError,
  LogBusyError,
  LogCorruptError,
  LogUnavailableError,
  OutcomeUnknownError,
  RevisionConflictError,
} from './log.ts';
import type { CommitListener, EventLog, LogLimits } from './log.ts';
import { memoryLogLimits } from './memory.ts';
import type { MemoryLogOptions, Silence } from './memory.ts';
import { CommitReading } from './reading.ts';
import { registerBytesMax } from './register.ts';
import type { Register, RegisterEntry, RegisterName, SharedLog } from './register.ts';
import { Line } from './shared-memory-line.ts';
import type { Deadline } from './shared-memory-line.ts';
import type { SharedMemory, Text } from './shared-memory-storage.ts';
import { Subscriptions } from './subscriptions.ts';

export { SharedMemory } from './shared-memory-storage.ts';

export interface SharedMemoryLogOptions extends Omit<MemoryLogOptions, 'storage' | 'store'> {
  readonly storage: SharedMemory;
  /**
   * Asked of each commit of this handle before it is kept: throwing makes the append fail, as a full
   * disk would; a `Silence` is what becomes of it while its caller hears nothing. Asked once more
   * where the line was silent and is restored.
   */
  readonly store?: (commit: Commit) => Silence | void;
  /** The same of each value that is put in a register; what is late there is lost. */
  readonly put?: (name: RegisterName, value: Buffer) => Silence | void;
  /** How long a call waits on a silent line; absent: until it is restored. */
  readonly deadline?: Deadline;
}

export interface SharedMemoryLog extends EventLog {
  readonly shared: SharedLog;
  /** To the storage; a test cuts it. */
  readonly line: Line;
}

export function openSharedMemoryLog(options: SharedMemoryLogOptions): SharedMemoryLog {
  return new Handle(options);
}

interface Waiting extends Text {
  readonly commit: Commit;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

const silent = (): OutcomeUnknownError => new OutcomeUnknownError('the storage did not answer');

/** Each commit comes through the line. */
class DistantReading extends CommitReading {
  readonly #reach: () => Promise<void>;

  constructor(commits: Iterator<Commit>, reach: () => Promise<void>) {
    super(commits, () => undefined);
    this.#reach = reach;
  }

  override async next(): Promise<IteratorResult<Commit>> {
    await this.#reach();
    return super.next();
  }
}

class Handle implements SharedMemoryLog {
  readonly durability = 'memory';
  readonly limits: LogLimits;
  readonly files = undefined;
  readonly shared: SharedLog;
  readonly line: Line;
  groups = 0;
  readonly #options: SharedMemoryLogOptions;
  readonly #storage: SharedMemory;
  readonly #subscriptions: Subscriptions;
  readonly #unfollow: () => void;
  /** What has been seen of the storage. */
  #known: LogPosition;
  #issued: number;
  #waiting: Waiting[] = [];
  /** Of what waits. */
  #characters = 0;
  #sending: Promise<void> | undefined;
  #isHearing = false;
  /** Whether something sent may come yet. */
  #inDoubt = false;
  #lost: HistoryLostError | undefined;
  #closed = false;

  constructor(options: SharedMemoryLogOptions) {
    this.#options = options;
    this.#storage = options.storage;
    this.limits = { ...memoryLogLimits, ...options.limits };
    this.#known = this.#storage.stored(this.#storage.head) ?? logStart;
    this.#issued = this.#known.revision;
    this.line = new Line(options.deadline, () => this.#hearSoon());
    this.#unfollow = this.#storage.follow(() => this.#hearSoon());
    this.#subscriptions = new Subscriptions(
      (from) => new CommitReading(this.#commits(from, this.head()), () => this.#mustBeOpen()),
      () => this.head(),
    );
    const { line } = this;
    const register = (name: RegisterName): Register => this.#register(name);
    this.shared = {
      get trouble() {
        return line.trouble;
      },
      register,
    };
  }

  head(): Revision {
    return this.#known.revision as Revision;
  }

  async append(commit: Commit, expected: Revision): Promise<void> {
    if (this.#closed) throw new AppendFailedError('the log is closed');
    if (this.#lost) throw this.#lost;
    if (expected !== this.#issued)
      throw new RevisionConflictError(expected, this.#issued as Revision);
    if (commit.revision !== expected + 1)
      throw new RangeError(`a commit after revision ${expected} cannot be ${commit.revision}`);
    const body = bodyOf(commit);
    const { commitCharacters, queueCommits, queueCharacters } = this.limits;
    if (body.length > commitCharacters)
      throw new CommitTooLargeError(body.length, commitCharacters);
    const { length } = this.#waiting;
    const characters = this.#characters + body.length;
    if (length >= queueCommits || (length > 0 && characters > queueCharacters))
      throw new LogBusyError(length);
    this.#issued = commit.revision;
    this.#characters = characters;
    await new Promise<void>((resolve, reject) => {
      this.#waiting.push({
        commit,
        revision: commit.revision,
        at: commit.at,
        body,
        resolve,
        reject,
      });
      this.#sending ??= this.#send();
    });
  }

  read(from: Revision, to = this.head()): AsyncIterableIterator<Commit> {
    this.#mustBeOpen();
    const commits = this.#commits(from, Math.min(to, this.head()));
    return new DistantReading(commits, () => this.#reach());
  }

  *#commits(from: number, to: number): Generator<Commit> {
    const chain = new ChainReader(
      this.#storage.stored(from) ?? logStart,
      (at, found) => new LogCorruptError(`at revision ${at}, ${found}`),
    );
    for (let at = from + 1; at <= to; at++) yield chain.read(this.#storage.stored(at));
  }

  subscribe(from: Revision, listener: CommitListener, failed?: (error: Error) => void): () => void {
    this.#mustBeOpen();
    return this.#subscriptions.subscribe(from, listener, failed);
  }

  async checksum(revision: Revision): Promise<number | undefined> {
    await this.#reach();
    if (revision > this.head()) return undefined;
    return revision === 0 ? logStart.crc : this.#storage.stored(revision)?.crc;
  }

  async revisionAt(time: number): Promise<Revision> {
    await this.#reach();
    return this.#storage.revisionAt(time, this.head()) as Revision;
  }

  size(): number {
    return this.#storage.characters;
  }

  async close(): Promise<void> {
    this.#closed = true;
    if (this.line.isCut) this.line.close();
    await this.#sending;
    await turn();
    this.line.close();
    this.#unfollow();
    this.#subscriptions.close();
  }

  #mustBeOpen(): void {
    if (this.#closed) throw new LogUnavailableError('the log is closed');
    if (this.#lost) throw this.#lost;
  }

  async #reach(): Promise<void> {
    this.#mustBeOpen();
    await this.line.reach(() => new LogUnavailableError('the storage did not answer in time'));
    this.#mustBeOpen();
  }

  async #send(): Promise<void> {
    while (this.#waiting.length > 0) {
      await turn();
      const batch = this.#takeWaiting();
      this.groups += 1;
      try {
        await this.#arrive(batch);
      } catch (cause) {
        this.#fail(batch, cause as Error);
      }
    }
    // In this turn: who hears that the last one is settled may append the next.
    this.#sending = undefined;
  }

  #takeWaiting(): Waiting[] {
    const waiting = this.#waiting;
    this.#waiting = [];
    this.#characters = 0;
    return waiting;
  }

  /** Takes a batch to the storage; what is settled is removed from it. */
  async #arrive(batch: Waiting[]): Promise<void> {
    if (this.line.isCut) await this.#wait(batch);
    this.#storage.land();
    this.#inDoubt = false;
    for (let next = batch[0]; next; next = batch[0]) {
      if (this.#hasLostHistory()) throw this.#lost as Error;
      const { commit, revision, resolve } = next;
      const there = this.#storage.stored(revision);
      if (there === undefined) {
        const silence = this.#options.store?.(commit);
        if (silence === 'late') this.#storage.keepLate(next);
        if (silence !== 'late' && silence !== 'lost') this.#storage.keep(next);
        if (silence !== undefined) throw silent();
      } else if (there.body !== next.body)
        throw new RevisionConflictError((revision - 1) as Revision, this.#storage.head as Revision);
      batch.shift();
      this.#take(commit);
      resolve();
    }
  }

  /** Waits on a line that is cut; what was sent may have arrived all the same. */
  async #wait(batch: readonly Waiting[]): Promise<void> {
    const reached = this.line.reach(silent);
    const { isRefused } = this.line;
    for (const waiting of isRefused || !this.#agrees() ? [] : batch) {
      if (waiting.revision !== this.#storage.head + 1) break;
      const silence = this.#options.store?.(waiting.commit);
      if (silence === 'kept') this.#storage.keep(waiting);
      if (silence === 'late') this.#storage.keepLate(waiting);
    }
    try {
      await reached;
    } catch (error) {
      throw isRefused && !this.#inDoubt ? error : silent();
    }
  }

  /** Rejects what is left of a batch, and all behind it. */
  #fail(batch: readonly Waiting[], cause: Error): void {
    const isTyped =
      cause instanceof OutcomeUnknownError ||
      cause instanceof RevisionConflictError ||
      cause instanceof HistoryLostError;
    const error = isTyped
      ? cause
      : new AppendFailedError('the storage refused a commit', { cause });
    const behind =
      error instanceof OutcomeUnknownError
        ? new AppendFailedError('what it was to follow is in doubt', { cause })
        : error;
    this.#inDoubt ||= error instanceof OutcomeUnknownError;
    const never = this.#takeWaiting();
    this.#issued = this.#known.revision;
    for (const { reject } of batch) reject(error);
    for (const { reject } of never) reject(behind);
  }

  /** Knows a commit of the storage from now on, and delivers it; one that is known is none. */
  #take(commit: Commit): void {
    const { revision } = commit;
    if (revision <= this.#known.revision) return;
    this.#known = this.#storage.stored(revision) as StoredCommit;
    this.#issued = Math.max(this.#issued, revision);
    this.#subscriptions.publish(commit);
  }

  #hearSoon(): void {
    if (this.#isHearing || this.#closed) return;
    this.#isHearing = true;
    setImmediate(() => {
      this.#isHearing = false;
      if (!this.#closed && !this.line.isCut) this.#hear();
    });
  }

  #hear(): void {
    if (this.#hasLostHistory()) return;
    while (this.#known.revision < this.#storage.head && this.line.lets()) {
      const { body } = this.#storage.stored(this.#known.revision + 1) as StoredCommit;
      this.#take(JSON.parse(body) as Commit);
    }
  }

  /** Whether the storage has something else than was seen of it; everything ends then. */
  #hasLostHistory(): boolean {
    if (!this.#lost && !this.#agrees()) {
      this.#lost = new HistoryLostError(this.head());
      this.#subscriptions.fail(this.#lost);
    }
    return this.#lost !== undefined;
  }

  #agrees(): boolean {
    const { revision, crc } = this.#known;
    return revision === 0 || this.#storage.stored(revision)?.crc === crc;
  }

  #register(name: RegisterName): Register {
    const at = (): RegisterEntry | undefined => this.#storage.entry(name);
    return {
      read: async () => {
        if (this.#closed) throw new LogUnavailableError('the log is closed');
        await turn();
        await this.line.reach(() => new LogUnavailableError('the storage did not answer in time'));
        const entry = at();
        return entry && { version: entry.version, value: Buffer.from(entry.value) };
      },
      replace: async (seen, value) => {
        if (value.length > registerBytesMax)
          throw new RangeError(`a register takes ${registerBytesMax} bytes, not ${value.length}`);
        if (this.#closed) throw new LogUnavailableError('the log is closed');
        const copy = Buffer.from(value);
        await turn();
        await this.line.reach(silent);
        const version = at()?.version ?? 0;
        if (version !== seen) return undefined;
        const silence = this.#options.put?.(name, copy);
        const isKept = silence === undefined || silence === 'kept';
        if (isKept) this.#storage.put(name, { version: version + 1, value: copy });
        if (silence !== undefined) throw silent();
        return version + 1;
      },
    };
  }
}
