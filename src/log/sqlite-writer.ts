/**
 * The writing half of the SQLite log: a worker thread that owns the write connection, so that
 * waiting for the disk never holds up the event loop. Everything that was sent while one
 * transaction waited for the disk is the next transaction.
 */

import { DatabaseSync, type StatementSync } from 'node:sqlite';
import {
  type MessagePort,
  parentPort,
  receiveMessageOnPort,
  workerData,
} from 'node:worker_threads';
import { crc32 } from 'node:zlib';
import { HeadFile, type LogPosition } from './head-file.ts';

/**
 * Pages of the write-ahead log after which it is written back; then it is reused, which is faster
 * than growing it.
 */
const checkpointPages = 8192;
const cacheKibibytes = 65_536;

export interface WriterSetup {
  readonly database: string;
  readonly head: string;
  readonly end: LogPosition;
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
  | { readonly kind: 'failed'; readonly message: string };

class Writer {
  readonly #database: DatabaseSync;
  readonly #insert: StatementSync;
  readonly #head: HeadFile;
  readonly #transactionCommits: number;
  readonly #port: MessagePort;
  #end: LogPosition;
  #era = 0;

  constructor(setup: WriterSetup, port: MessagePort) {
    this.#database = new DatabaseSync(setup.database, { timeout: 5000 });
    this.#database.exec(`
      PRAGMA journal_mode = WAL;
      PRAGMA synchronous = FULL;
      PRAGMA wal_autocheckpoint = ${checkpointPages};
      PRAGMA cache_size = -${cacheKibibytes};
    `);
    this.#insert = this.#database.prepare(
      'INSERT INTO commits (revision, at, crc, body) VALUES (?, ?, ?, ?)',
    );
    this.#head = new HeadFile(setup.head);
    this.#head.write(setup.end);
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
    let { revision, crc } = this.#end;
    try {
      this.#database.exec('BEGIN IMMEDIATE');
      const last = revision + this.#transactionCommits;
      do {
        const { times, bodies }: Batch = next;
        for (let index = 0; index < bodies.length; index++) {
          const body = bodies[index] as string;
          revision += 1;
          crc = crc32(body, crc);
          this.#insert.run(revision, times[index] as number, crc, body);
        }
        next = revision < last ? this.#receive() : undefined;
      } while (next !== undefined && next !== 'close');
      this.#database.exec('COMMIT');
    } catch (error) {
      // A failed COMMIT may have undone the transaction already.
      if (this.#database.isTransaction) this.#database.exec('ROLLBACK');
      this.#era += 1;
      this.#report({ kind: 'failed', message: (error as Error).message });
      return next === 'close' ? next : this.#receive();
    }
    this.#end = { revision, crc };
    this.#recordHead();
    this.#report({ kind: 'durable', revision });
    return next ?? this.#receive();
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
if (port === null) throw new Error('sqlite-writer.ts runs as a worker thread');
const writer = new Writer(workerData as WriterSetup, port);
port.on('message', (request: WriterRequest) => writer.take(request));
port.postMessage({ kind: 'ready' } satisfies WriterReport);
