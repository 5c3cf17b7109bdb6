/**
 * The embedded log: one SQLite file in WAL mode, synced before anything is acknowledged.
 *
 * This half queues, checks revisions, groups, reads and delivers; `writer.ts` writes in a
 * thread of its own. What queues while one transaction waits for the disk goes into the next.
 */

import { once } from 'node:events';
import { statSync } from 'node:fs';
import type { Worker } from 'node:worker_threads';
import type { Commit } from '../../core/events/commit.ts';
import type { Revision } from '../../core/values/revision.ts';
import type { Narrowed } from '../../disk/modes.ts';
import {
  AppendFailedError,
  CommitTooLargeError,
  LogBusyError,
  LogUnavailableError,
  NotInPlaceError,
  OutcomeUnknownError,
  RevisionConflictError,
} from '../log.ts';
import { bodyOf } from '../chain.ts';
import type { LogPosition } from '../chain.ts';
import type { CommitListener, EmbeddedFiles, EventLog, LogLimits } from '../log.ts';
import { CommitReading } from '../reading.ts';
import { Subscriptions } from '../subscriptions.ts';
import { CommitQueue, type WaitingCommit } from './commit-queue.ts';
import { createLog, holdLog, logFiles, openVerified, ownLog } from './files.ts';
import type { LogFiles } from './files.ts';
import type { SqliteReader } from './reader.ts';
import { identityOf, startWriter } from './start-writer.ts';
import type { WriterReport, WriterRequest } from './writer.ts';

/** Sizes are in characters of a commit's JSON, which for ASCII are bytes. */
export const sqliteLogLimits = {
  /** One commit. */
  commitCharacters: 64 * 1024 * 1024,
  /**
   * One message to the writer. A transaction takes messages until it has as many commits, so it has
   * less than twice.
   */
  batchCommits: 1024,
  batchCharacters: 8 * 1024 * 1024,
  /** Commits issued and not durable yet. */
  queueCommits: 65_536,
  queueCharacters: 256 * 1024 * 1024,
} as const;

export type SqliteLogLimits = { readonly [name in keyof typeof sqliteLogLimits]: number };

export interface SqliteLogOptions {
  /** Made if it is not there. The log has it to itself, snapshots aside. */
  readonly directory: string;
  /**
   * What is verified before the log opens: the last 1,000 commits (default) or all, which takes
   * time in proportion.
   */
  readonly verify?: 'tail' | 'full';
  readonly limits?: Partial<SqliteLogLimits>;
  /** Told of what others could use of the log until now. */
  readonly narrowed?: Narrowed;
}

/**
 * Opens the log of a directory, making an empty one where there is none.
 *
 * @throws {LogLockedError} it is open already
 * @throws {LogCorruptError} it is not as it was written; nothing was changed
 * @throws {LogUnavailableError} no permission, no space, or the log of a newer release
 */
export async function openSqliteLog(options: SqliteLogOptions): Promise<EventLog> {
  const files = logFiles(options.directory);
  ownLog(options.directory, options.narrowed);
  const { release: unlock } = holdLog(files);
  try {
    createLog(files);
    const { reader, end } = openVerified(files, options.verify ?? 'tail');
    try {
      const limits = { ...sqliteLogLimits, ...options.limits };
      const { directory } = options;
      const writer = await startWriter(directory, files, end, limits.batchCommits);
      const lastingParts = { directory, files, limits, reader, unlock };
      return new SqliteLog(lastingParts, writer, end);
    } catch (error) {
      reader.close();
      throw error;
    }
  } catch (error) {
    unlock();
    throw error;
  }
}

interface Parts {
  readonly directory: string;
  readonly files: LogFiles;
  readonly limits: SqliteLogLimits;
  readonly reader: SqliteReader;
  readonly unlock: () => void;
}

/** Commits that are sent together without waiting for more to come. */
const eagerCommits = 64;
/** Batches the writer may have; it joins those it finds into one transaction. */
const sentBatches = 16;

class SqliteLog implements EventLog {
  readonly durability = 'disk';
  readonly files: EmbeddedFiles;
  groups = 0;
  #trouble: string | undefined;
  readonly #parts: Parts;
  readonly #subscriptions: Subscriptions;
  readonly #waiting: CommitQueue;
  /** Batches that the writer has, oldest first. */
  readonly #sent: WaitingCommit[][] = [];
  /** Characters of everything issued and not durable. */
  #characters = 0;
  #durable: number;
  #issued: number;
  #era = 0;
  #flushScheduled = false;
  #writer: Worker;
  /** Why there is no writer, where it has died. The next append starts another. */
  #broken: Error | undefined;
  /** Whether commits that it had may be kept although nobody was told. */
  #inDoubt = false;
  #reviving: Promise<void> | undefined;
  /** What the log is in, to be sure that another writer writes there. */
  readonly #identity: string;
  #closing: Promise<void> | undefined;
  #closed = false;
  #drained: (() => void) | undefined;

  constructor(parts: Parts, writer: Worker, end: LogPosition) {
    this.#parts = parts;
    const trouble = (): string | undefined => this.#trouble;
    this.files = {
      directory: parts.directory,
      database: parts.files.database,
      get trouble() {
        return trouble();
      },
    };
    this.#waiting = new CommitQueue(parts.limits);
    this.#durable = end.revision;
    this.#identity = identityOf(parts.files);
    this.#issued = this.#durable;
    this.#subscriptions = new Subscriptions(
      (from) => this.read(from),
      () => this.head(),
    );
    this.#writer = writer;
    this.#follow(writer);
  }

  #follow(writer: Worker): void {
    let why = new Error('the writer has ended');
    writer.on('message', (report: WriterReport) => this.#take(report));
    writer.on('error', (error: Error) => (why = error));
    writer.on('exit', () => this.#break(why));
  }

  get limits(): LogLimits {
    return this.#parts.limits;
  }

  head(): Revision {
    return this.#durable as Revision;
  }

  append(commit: Commit, expected: Revision): Promise<void> {
    if (this.#broken === undefined || this.#closing !== undefined)
      return this.#issue(commit, expected);
    return this.#revived().then(() => this.#issue(commit, expected));
  }

  #issue(commit: Commit, expected: Revision): Promise<void> {
    return new Promise((resolve, reject) => {
      const body = this.#admit(commit, expected);
      this.#issued = commit.revision;
      this.#characters += body.length;
      this.#waiting.add({ commit, body, resolve, reject });
      this.#nudge();
    });
  }

  read(from: Revision, to = this.head()): AsyncIterableIterator<Commit> {
    this.#mustBeOpen();
    const end = Math.min(to, this.#durable);
    const commits = from < end ? this.#parts.reader.commits(from, end) : [].values();
    return new CommitReading(commits, () => this.#mustBeOpen());
  }

  subscribe(from: Revision, listener: CommitListener, failed?: (error: Error) => void): () => void {
    this.#mustBeOpen();
    return this.#subscriptions.subscribe(from, listener, failed);
  }

  async checksum(revision: Revision): Promise<number | undefined> {
    this.#mustBeOpen();
    return revision > this.#durable ? undefined : this.#parts.reader.checksum(revision);
  }

  async revisionAt(time: number): Promise<Revision> {
    this.#mustBeOpen();
    return this.#parts.reader.revisionAt(time, this.#durable) as Revision;
  }

  size(): number {
    const { database, writeAhead } = this.#parts.files;
    return [database, writeAhead].reduce(
      (total, path) => total + (statSync(path, { throwIfNoEntry: false })?.size ?? 0),
      0,
    );
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  /** Checks an append against the log's state and gives the text to store. */
  #admit(commit: Commit, expected: Revision): string {
    const { limits } = this.#parts;
    if (this.#closing !== undefined) throw new AppendFailedError('the log is closed');
    if (this.#broken !== undefined) {
      throw new AppendFailedError('the log has failed', { cause: this.#broken });
    }
    if (expected !== this.#issued) {
      throw new RevisionConflictError(expected, this.#issued as Revision);
    }
    if (commit.revision !== expected + 1) {
      throw new RangeError(`a commit after revision ${expected} cannot be ${commit.revision}`);
    }
    const count = this.#issued - this.#durable;
    if (count >= limits.queueCommits) throw new LogBusyError(count);
    const body = bodyOf(commit);
    if (body.length > limits.commitCharacters)
      throw new CommitTooLargeError(body.length, limits.commitCharacters);
    if (count > 0 && this.#characters + body.length > limits.queueCharacters) {
      throw new LogBusyError(count);
    }
    return body;
  }

  #mustBeOpen(): void {
    if (this.#closed) throw new LogUnavailableError('the log is closed');
  }

  /**
   * Sends what waits to the writer: at once when it is worth a message; else, where the writer is
   * idle, as soon as a turn of the event loop brings nothing more, so that what arrives together is
   * written together. Where it is busy, its report will.
   */
  #nudge(): void {
    if (this.#waiting.length >= eagerCommits) this.#flush();
    else if (this.#sent.length === 0 && !this.#flushScheduled) this.#gather(0);
  }

  #gather(seen: number): void {
    this.#flushScheduled = true;
    setImmediate(() => {
      this.#flushScheduled = false;
      const { length } = this.#waiting;
      if (length > seen && length < eagerCommits) this.#gather(length);
      else this.#flush();
    });
  }

  #flush(): void {
    if (this.#waiting.length === 0 || this.#sent.length >= sentBatches) return;
    const commits = this.#waiting.takeBatch();
    this.#sent.push(commits);
    this.#send({
      era: this.#era,
      times: commits.map(({ commit }) => commit.at),
      bodies: commits.map(({ body }) => body),
    });
  }

  #send(request: WriterRequest): void {
    this.#writer.postMessage(request);
  }

  #take(report: WriterReport): void {
    if (report.kind === 'durable') {
      this.groups += 1;
      this.#settle(report.revision);
    }
    if (report.kind === 'place') this.#trouble = report.trouble ?? undefined;
    if (report.kind === 'failed') this.#fail(report.message, report.inDoubt);
  }

  #settle(revision: number): void {
    const commits: WaitingCommit[] = [];
    for (let count = revision - this.#durable; commits.length < count;) {
      commits.push(...(this.#sent.shift() ?? []));
    }
    this.#durable = revision;
    for (const { body } of commits) this.#characters -= body.length;
    this.#nudge();
    for (const { commit } of commits) this.#subscriptions.publish(commit);
    for (const { resolve } of commits) resolve();
    this.#checkDrained();
  }

  /** Rejects everything issued; the next append may follow the durable head again. */
  #fail(message: string, inDoubt: boolean, cause?: Error): void {
    const [sent, waiting] = [this.#sent.flat(), this.#waiting.takeAll()];
    this.#sent.length = 0;
    this.#characters = 0;
    this.#issued = this.#durable;
    this.#era += 1;
    const what = `${this.#parts.files.database} cannot be written: ${message}`;
    const failed =
      this.#trouble === undefined
        ? new AppendFailedError(what, cause && { cause })
        : new NotInPlaceError(this.#trouble);
    const unknown = inDoubt ? new OutcomeUnknownError(what, cause && { cause }) : failed;
    for (const { reject } of sent) reject(unknown);
    for (const { reject } of waiting) reject(failed);
    this.#checkDrained();
  }

  /** The writer is gone; what it had and has not told of may be kept or not. */
  #break(error: Error): void {
    if (this.#broken !== undefined || this.#closed) return;
    this.#broken = error;
    this.#inDoubt ||= this.#sent.length > 0;
    this.#fail(error.message, this.#inDoubt, error);
  }

  #revived(): Promise<void> {
    this.#reviving ??= this.#revive().finally(() => (this.#reviving = undefined));
    return this.#reviving;
  }

  /** Reads where the log really ends, and starts another writer from there. */
  async #revive(): Promise<void> {
    const { directory, files, limits, reader } = this.#parts;
    try {
      if (identityOf(files) !== this.#identity)
        throw new NotInPlaceError(`${files.database} is not where it was`);
      const end = reader.end(this.#durable);
      const found = [...reader.commits(this.#durable, end.revision)];
      const writer = await startWriter(directory, files, end, limits.batchCommits);
      this.#writer = writer;
      this.#era = 0;
      this.#inDoubt = false;
      this.#broken = undefined;
      this.#durable = this.#issued = end.revision;
      this.#follow(writer);
      for (const commit of found) this.#subscriptions.publish(commit);
    } catch (cause) {
      const message = `the log has failed: ${(cause as Error).message}`;
      if (this.#inDoubt) throw new OutcomeUnknownError(message, { cause });
      if (cause instanceof NotInPlaceError) throw cause;
      throw new AppendFailedError(message, { cause });
    }
  }

  #checkDrained(): void {
    if (this.#sent.length === 0 && this.#waiting.length === 0) this.#drained?.();
  }

  async #close(): Promise<void> {
    const { reader, unlock } = this.#parts;
    await this.#reviving?.catch(() => undefined);
    this.#flush();
    if (this.#sent.length > 0 || this.#waiting.length > 0) {
      await new Promise<void>((resolve) => {
        this.#drained = resolve;
      });
    }
    this.#closed = true;
    this.#subscriptions.close();
    // The last connection to close writes the write-ahead log back, which a reader cannot do.
    reader.close();
    try {
      if (this.#broken === undefined) {
        const ended = once(this.#writer, 'exit');
        this.#send('close');
        await ended;
      }
    } finally {
      unlock();
    }
  }
}
