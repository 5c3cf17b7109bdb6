/**
 * The writing half of the SQLite log: a worker thread that owns the write connection, so that
 * waiting for the disk never holds up the event loop. Everything that was sent while one
 * transaction waited for the disk is the next transaction.
 */

import { dirname } from 'node:path';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import {
  type MessagePort,
  parentPort,
  receiveMessageOnPort,
  workerData,
} from 'node:worker_threads';
import { InPlace } from '../../disk/in-place.ts';
import { after } from '../chain.ts';
import type { LogPosition } from '../chain.ts';
import { isSqliteError } from './failure.ts';
import type { LogFiles } from './files.ts';
import { HeadFile } from './head-file.ts';

/**
 * Pages of the write-ahead log after which it is written back; then it is reused, which is faster
 * than growing it.
 */
const checkpointPages = 8192;
const cacheKibibytes = 65_536;

/** Of the file and of its directory: what was written before may be on the disk all the same. */
const syncFailures = new Set([1034, 1290]);

export interface WriterSetup {
  readonly directory: string;
  readonly files: LogFiles;
  readonly end: LogPosition;
  /** Whether each transaction waits for the disk. */
  readonly isSynced: boolean;
  /** Between two looks whether the files are where they were, ms. */
  readonly lookMs: number;
  /** Commits after which a transaction takes no further batch. */
  readonly transactionCommits: number;
}

export interface Batch {
  /**
   * Counts the failures before this batch was sent; a batch from before the last failure is void.
   */
  readonly era: number;
  readonly times: readonly number[];
  readonly bodies: readonly string[];
}

export type WriterRequest = Batch | 'close';

export type WriterReport =
  | { readonly kind: 'ready' }
  | { readonly kind: 'durable'; readonly revision: number }
  /** What is not where it was; null: all is again. Comes before what fails for it. */
  | { readonly kind: 'place'; readonly trouble: string | null }
  /** Nothing of what it had is kept; where it is in doubt, perhaps. */
  | { readonly kind: 'failed'; readonly message: string; readonly inDoubt: boolean };

class Writer {
  readonly #database: DatabaseSync;
  readonly #insert: StatementSync;
  readonly #remove: StatementSync;
  readonly #files: LogFiles;
  readonly #inPlace: InPlace;
  readonly #looking: NodeJS.Timeout;
  #head: HeadFile;
  #headInPlace: InPlace;
  readonly #transactionCommits: number;
  readonly #port: MessagePort;
  #end: LogPosition;
  #era = 0;
  #trouble: string | undefined;
  /** Whether there may be rows after the end, of commits that were not acknowledged. */
  #hasExcess = false;
  /** Whether the disk failed to say that it has something: it may show after a crash. */
  #inDoubt = false;

  constructor(setup: WriterSetup, port: MessagePort) {
    const { directory, files } = setup;
    this.#files = files;
    this.#database = new DatabaseSync(files.database, { timeout: 5000 });
    this.#database.exec(`
      PRAGMA journal_mode = WAL;
      PRAGMA synchronous = ${setup.isSynced ? 'FULL' : 'NORMAL'};
      PRAGMA wal_autocheckpoint = ${checkpointPages};
      PRAGMA cache_size = -${cacheKibibytes};
    `);
    this.#insert = this.#database.prepare(
      'INSERT INTO commits (revision, at, crc, body) VALUES (?, ?, ?, ?)',
    );
    this.#remove = this.#database.prepare('DELETE FROM commits WHERE revision > ?');
    this.#head = new HeadFile(files.head);
    this.#head.write(setup.end);
    this.#headInPlace = new InPlace(directory, [files.head]);
    const { database, writeAhead, sharedMemory, lock } = files;
    this.#inPlace = new InPlace(directory, [lock, database, writeAhead, sharedMemory], [database]);
    this.#looking = setInterval(() => this.#look(), setup.lookMs);
    this.#transactionCommits = setup.transactionCommits;
    this.#end = setup.end;
    this.#port = port;
  }

  take(request: WriterRequest): void {
    let next: WriterRequest | undefined = request;
    while (next !== undefined && next !== 'close') {
      if (next.era === this.#era) next = this.#write(next);
      else next = this.#receive();
    }
    if (next === 'close') this.#close();
  }

  /** The next message, where one has come already. */
  #receive(): WriterRequest | undefined {
    const received = receiveMessageOnPort(this.#port);
    return received?.message as WriterRequest | undefined;
  }

  /**
   * Writes a batch, and those that have come behind it, in one transaction.
   *
   * @returns a message that came and does not belong to the transaction
   */
  #write(first: Batch): WriterRequest | undefined {
    let next: WriterRequest | undefined = first;
    let end = this.#end;
    try {
      if (this.#trouble !== undefined && this.#look() !== undefined) throw new Error(this.#trouble);
      this.#removeExcess();
      this.#database.exec('BEGIN IMMEDIATE');
      const last = end.revision + this.#transactionCommits;
      do {
        const { times, bodies }: Batch = next;
        for (let index = 0; index < bodies.length; index++) {
          const body = bodies[index] as string;
          end = after(end, body);
          this.#insert.run(end.revision, times[index] as number, end.crc, body);
        }
        next = end.revision < last ? this.#receive() : undefined;
      } while (next !== undefined && next !== 'close');
      this.#database.exec('COMMIT');
      this.#inDoubt = false;
      this.#mustBeInPlace();
    } catch (error) {
      // A failed COMMIT may have undone the transaction already.
      if (this.#database.isTransaction) this.#database.exec('ROLLBACK');
      this.#era += 1;
      this.#inDoubt ||= isSqliteError(error) && syncFailures.has(error.errcode);
      const { message } = error as Error;
      this.#report({ kind: 'failed', message, inDoubt: this.#inDoubt });
      return next === 'close' ? next : this.#receive();
    }
    this.#end = end;
    this.#recordHead();
    this.#report({ kind: 'durable', revision: end.revision });
    return next ?? this.#receive();
  }

  /** A commit that went to files that are not there any more is none, also when they come back. */
  #mustBeInPlace(): void {
    if (this.#inPlace.displaced() === undefined) return;
    this.#hasExcess = true;
    this.#look();
    this.#removeExcess();
    throw new Error(this.#trouble ?? 'the files were away for a moment');
  }

  #removeExcess(): void {
    if (!this.#hasExcess) return;
    this.#remove.run(this.#end.revision);
    this.#hasExcess = false;
  }

  /** Looks whether the files are where they were, and tells when that has changed. */
  #look(): string | undefined {
    const trouble = this.#inPlace.trouble();
    // Before it is told: whoever hears of it may end the station.
    if (trouble !== undefined && this.#trouble === undefined) this.#saveWriteAhead();
    if (trouble !== this.#trouble) this.#report({ kind: 'place', trouble: trouble ?? null });
    this.#trouble = trouble;
    if (trouble === undefined) this.#keepHead();
    return trouble;
  }

  /** Where only the write-ahead log was removed, nothing is lost once it is written back. */
  #saveWriteAhead(): void {
    try {
      this.#database.exec('PRAGMA wal_checkpoint(PASSIVE)');
    } catch {
      // What can be done about it was said.
    }
  }

  /** It can be made again from what is known, unlike the others. */
  #keepHead(): void {
    if (this.#headInPlace.displaced() === undefined) return;
    try {
      const head = new HeadFile(this.#files.head);
      this.#head.close();
      this.#head = head;
      this.#head.write(this.#end);
      this.#headInPlace = new InPlace(dirname(this.#files.head), [this.#files.head]);
    } catch {
      // The next look tries again; without it, a start detects less.
    }
  }

  #report(report: WriterReport): void {
    this.#port.postMessage(report);
  }

  #recordHead(): void {
    try {
      this.#head.write(this.#end);
    } catch {
      // The batch is durable whatever becomes of the head file: left behind it detects less, and
      // the next batch writes it again.
    }
  }

  #close(): void {
    clearInterval(this.#looking);
    this.#database.close();
    try {
      this.#head.close();
    } catch {
      // As above.
    }
    this.#port.close();
  }
}

const port = parentPort;
if (port === null) throw new Error('writer.ts runs as a worker thread');
const writer = new Writer(workerData as WriterSetup, port);
port.on('message', (request: WriterRequest) => writer.take(request));
port.postMessage({ kind: 'ready' } satisfies WriterReport);
