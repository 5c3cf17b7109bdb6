/**
 * The embedded log: one SQLite file in WAL mode, synced before anything is acknowledged.
 *
 * This half queues, checks revisions, groups, reads and delivers; `writer.ts` writes in a
 * thread of its own. What queues while one transaction waits for the disk goes into the next.
 */

import { once } from 'node:events';
import { statSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import type { Commit } from '../../core/events/commit.ts';
import type { Revision } from '../../core/values/revision.ts';
import type { Narrowed } from '../../disk/modes.ts';
import {
  AppendFailedError,
  CommitTooLargeError,
  LogBusyError,
  LogUnavailableError,
  NotInPlaceError,
  RevisionConflictError,
} from '../log.ts';
import { bodyOf } from '../chain.ts';
import type { LogPosition } from '../chain.ts';
import type { CommitListener, EmbeddedFiles, EventLog, LogLimits } from '../log.ts';
import { CommitReading } from '../reading.ts';
import { Subscriptions } from '../subscriptions.ts';
import { CommitQueue, type WaitingCommit } from './commit-queue.ts';
import { logFailure } from './failure.ts';
import { createLog, holdLog, logFiles, openVerified, ownLog } from './files.ts';
import type { LogFiles } from './files.ts';
import type { SqliteReader } from './reader.ts';
import type { WriterReport, WriterRequest, WriterSetup } from './writer.ts';

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
      const transactionCommits = limits.batchCommits;
      const writer = await startWriter({
        directory: options.directory,
        files,
        end,
        lookMs,
        transactionCommits,
      });
      const { directory } = options;
      return new SqliteLog({ directory, files, limits, reader, writer, end, unlock });
    } catch (error) {
      reader.close();
      throw error;
    }
  } catch (error) {
    unlock();
    throw error;
  }
}

async function startWriter(setup: WriterSetup): Promise<Worker> {
  // The published package is compiled, so the writer's file ends as this one does.
  const extension = import.meta.url.slice(import.meta.url.lastIndexOf('.'));
  const writer = new Worker(new URL(`./writer${extension}`, import.meta.url), {
    name: 'log-writer',
    workerData: setup,
  });
  try {
    await once(writer, 'message');
    return writer;
  } catch (error) {
    throw logFailure(error, setup.files.database);
  }
}

interface Parts {
  readonly directory: string;
  readonly files: LogFiles;
  readonly limits: SqliteLogLimits;
  readonly reader: SqliteReader;
  readonly writer: Worker;
  readonly end: LogPosition;
  readonly unlock: () => void;
}

/** Between two looks whether the files are where they were, ms. */
const lookMs = 250;
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
  #broken: Error | undefined;
  #closing: Promise<void> | undefined;
  #closed = false;
  #drained: (() => void) | undefined;

  constructor(parts: Parts) {
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
    this.#durable = parts.end.revision;
    this.#issued = this.#durable;
    this.#subscriptions = new Subscriptions(
      (from) => this.read(from),
      () => this.head(),
    );
    parts.writer.on('message', (report: WriterReport) => this.#take(report));
    parts.writer.on('error', (error: Error) => this.#break(error));
    parts.writer.on('exit', () => this.#break(new Error('the writer has ended')));
  }

  get limits(): LogLimits {
    return this.#parts.limits;
  }

  head(): Revision {
    return this.#durable as Revision;
  }

  append(commit: Commit, expected: Revision): Promise<void> {
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
    this.#parts.writer.postMessage(request);
  }

  #take(report: WriterReport): void {
    if (report.kind === 'durable') {
      this.groups += 1;
      this.#settle(report.revision);
    }
    if (report.kind === 'place') this.#trouble = report.trouble ?? undefined;
    if (report.kind === 'failed') this.#fail(report.message);
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
  #fail(message: string, cause?: Error): void {
    const rejected = [...this.#sent.flat(), ...this.#waiting.takeAll()];
    this.#sent.length = 0;
    this.#characters = 0;
    this.#issued = this.#durable;
    this.#era += 1;
    const error =
      this.#trouble === undefined
        ? new AppendFailedError(
            `${this.#parts.files.database} cannot be written: ${message}`,
            cause && { cause },
          )
        : new NotInPlaceError(this.#trouble);
    for (const { reject } of rejected) reject(error);
    this.#checkDrained();
  }

  /** The writer is gone, and with it the ability to append; what is durable can still be read. */
  #break(error: Error): void {
    if (this.#broken !== undefined || this.#closed) return;
    this.#broken = error;
    this.#fail(error.message, error);
  }

  #checkDrained(): void {
    if (this.#sent.length === 0 && this.#waiting.length === 0) this.#drained?.();
  }

  async #close(): Promise<void> {
    const { reader, writer, unlock } = this.#parts;
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
        const ended = once(writer, 'exit');
        this.#send('close');
        await ended;
      }
    } finally {
      unlock();
    }
  }
}
