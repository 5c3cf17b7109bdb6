/**
 * The embedded log: one SQLite file in WAL mode, synced before anything is acknowledged.
 *
 * This half takes appends (`appends.ts`), reads and delivers; `writer.ts` writes in a thread of its
 * own. Where that thread dies, the next append starts another.
 */

import { once } from 'node:events';
import { rmSync, statSync } from 'node:fs';
import type { Worker } from 'node:worker_threads';
import type { Commit } from '../../core/events/commit.ts';
import type { Revision } from '../../core/values/revision.ts';
import type { Narrowed } from '../../disk/modes.ts';
import {
  AppendFailedError,
  LogUnavailableError,
  NotInPlaceError,
  OutcomeUnknownError,
} from '../log.ts';
import { Appends } from '../appends.ts';
import type { LogPosition } from '../chain.ts';
import type { CommitListener, EmbeddedFiles, EventLog, LogLimits } from '../log.ts';
import { CommitReading } from '../reading.ts';
import { Subscriptions } from '../subscriptions.ts';

import { createLog, holdLog, logFiles, mustBeThere, openVerified, ownLog } from './files.ts';
import type { LogFiles } from './files.ts';
import { sqliteLogLimits, sqlitePace } from './limits.ts';
import type { SqliteLogLimits } from './limits.ts';
import type { SqliteReader } from './reader.ts';
import { identityOf, startWriter } from './start-writer.ts';
import type { WriterReport, WriterRequest } from './writer.ts';

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
  /** Nothing is made where there is no log. */
  readonly mustExist?: boolean;
  /**
   * Whether a commit is on the disk before it is acknowledged (default). Without, it outlives the
   * process and not always a power cut: for what can be had from elsewhere again.
   */
  readonly isSynced?: boolean;
  /** Told when the files are not where they were, and each time after that they were. */
  readonly displaced?: (trouble: string) => void;
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
  if (options.mustExist) mustBeThere(options.directory, files);
  ownLog(options.directory, options.narrowed);
  const { release: unlock } = holdLog(files);
  try {
    const { isSynced = true } = options;
    // Unsynced, it may have come to the disk sooner than the commits.
    if (!isSynced) rmSync(files.head, { force: true });
    createLog(files);
    const { reader, end } = openVerified(files, options.verify ?? 'tail');
    try {
      const limits = { ...sqliteLogLimits, ...options.limits };
      const { directory, displaced } = options;
      const start: StartOfWriter = (end) =>
        startWriter({ directory, files, end, isSynced, transactionCommits: limits.batchCommits });
      const writer = await start(end);
      const lastingParts = { directory, files, limits, reader, unlock, start, displaced };
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

type StartOfWriter = (end: LogPosition) => Promise<Worker>;

interface Parts {
  readonly directory: string;
  readonly files: LogFiles;
  readonly limits: SqliteLogLimits;
  readonly reader: SqliteReader;
  readonly unlock: () => void;
  readonly start: StartOfWriter;
  readonly displaced: SqliteLogOptions['displaced'];
}

class SqliteLog implements EventLog {
  readonly durability = 'disk';
  readonly files: EmbeddedFiles;
  readonly shared = undefined;
  groups = 0;
  #trouble: string | undefined;
  readonly #parts: Parts;
  readonly #subscriptions: Subscriptions;
  readonly #appends: Appends;
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
    this.#identity = identityOf(parts.files);
    this.#appends = new Appends({
      limits: parts.limits,
      pace: sqlitePace,
      durable: end.revision,
      send: (commits, era) =>
        this.#send({
          era,
          times: commits.map(({ commit }) => commit.at),
          bodies: commits.map(({ body }) => body),
        }),
      publish: (commit) => this.#subscriptions.publish(commit),
    });
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
    return this.#appends.durable as Revision;
  }

  append(commit: Commit, expected: Revision): Promise<void> {
    if (this.#broken === undefined || this.#closing !== undefined)
      return this.#issue(commit, expected);
    return this.#revived().then(() => this.#issue(commit, expected));
  }

  #issue(commit: Commit, expected: Revision): Promise<void> {
    if (this.#closing !== undefined)
      return Promise.reject(new AppendFailedError('the log is closed'));
    if (this.#broken !== undefined)
      return Promise.reject(new AppendFailedError('the log has failed', { cause: this.#broken }));
    return this.#appends.issue(commit, expected);
  }

  read(from: Revision, to = this.head()): AsyncIterableIterator<Commit> {
    this.#mustBeOpen();
    const end = Math.min(to, this.head());
    const commits = from < end ? this.#parts.reader.commits(from, end) : [].values();
    return new CommitReading(commits, () => this.#mustBeOpen());
  }

  subscribe(from: Revision, listener: CommitListener, failed?: (error: Error) => void): () => void {
    this.#mustBeOpen();
    return this.#subscriptions.subscribe(from, listener, failed);
  }

  async checksum(revision: Revision): Promise<number | undefined> {
    this.#mustBeOpen();
    return revision > this.head() ? undefined : this.#parts.reader.checksum(revision);
  }

  async revisionAt(time: number): Promise<Revision> {
    this.#mustBeOpen();
    return this.#parts.reader.revisionAt(time, this.head()) as Revision;
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

  #mustBeOpen(): void {
    if (this.#closed) throw new LogUnavailableError('the log is closed');
  }

  #send(request: WriterRequest): void {
    this.#writer.postMessage(request);
  }

  #take(report: WriterReport): void {
    if (report.kind === 'durable') {
      this.groups += 1;
      this.#appends.settle(report.revision);
    }
    if (report.kind === 'place') {
      this.#trouble = report.trouble ?? undefined;
      if (report.trouble !== null) this.#parts.displaced?.(report.trouble);
    }
    if (report.kind === 'failed') this.#fail(report.message, report.inDoubt);
  }

  /** Rejects everything issued. */
  #fail(message: string, inDoubt: boolean, cause?: Error): void {
    const what = `${this.#parts.files.database} cannot be written: ${message}`;
    const failed =
      this.#trouble === undefined
        ? new AppendFailedError(what, cause && { cause })
        : new NotInPlaceError(this.#trouble);
    const unknown = new OutcomeUnknownError(what, cause && { cause });
    this.#appends.fail(
      () => (inDoubt ? unknown : failed),
      () => failed,
    );
  }

  /** The writer is gone; what it had and has not told of may be kept or not. */
  #break(error: Error): void {
    if (this.#broken !== undefined || this.#closed) return;
    this.#broken = error;
    this.#inDoubt ||= this.#appends.hasSent;
    this.#fail(error.message, this.#inDoubt, error);
  }

  #revived(): Promise<void> {
    this.#reviving ??= this.#revive().finally(() => (this.#reviving = undefined));
    return this.#reviving;
  }

  /** Reads where the log really ends, and starts another writer from there. */
  async #revive(): Promise<void> {
    const { files, reader } = this.#parts;
    try {
      if (identityOf(files) !== this.#identity)
        throw new NotInPlaceError(`${files.database} is not where it was`);
      const { durable } = this.#appends;
      const end = reader.end(durable);
      const found = [...reader.commits(durable, end.revision)];
      const writer = await this.#parts.start(end);
      this.#writer = writer;
      this.#inDoubt = false;
      this.#broken = undefined;
      this.#appends.restart(end.revision);
      this.#follow(writer);
      for (const commit of found) this.#subscriptions.publish(commit);
    } catch (cause) {
      const message = `the log has failed: ${(cause as Error).message}`;
      if (this.#inDoubt) throw new OutcomeUnknownError(message, { cause });
      if (cause instanceof NotInPlaceError) throw cause;
      throw new AppendFailedError(message, { cause });
    }
  }

  async #close(): Promise<void> {
    const { reader, unlock } = this.#parts;
    await this.#reviving?.catch(() => undefined);
    await this.#appends.drain();
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
