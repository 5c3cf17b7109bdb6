/**
 * The writing half of the SQLite log: a worker thread that owns the write connection, so that waiting for the disk never
 * holds up the event loop. Each batch it is sent is one transaction.
 */

import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { crc32 } from 'node:zlib';
import { HeadFile, type LogPosition } from './head-file.ts';

/** Pages of the write-ahead log after which it is written back; then it is reused, which is faster than growing it. */
const checkpointPages = 8192;
const cacheKibibytes = 65_536;

export interface WriterSetup {
  readonly database: string;
  readonly head: string;
  readonly end: LogPosition;
  /** One Int32: 1 from the sending of a batch until it is durable or has failed. */
  readonly busy: SharedArrayBuffer;
}

export interface Batch {
  /** Counts the failures before this batch was sent; a batch from before the last failure is void. */
  readonly era: number;
  /** Revision of the first commit. */
  readonly first: number;
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
  readonly #busy: Int32Array;
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
    this.#busy = new Int32Array(setup.busy);
    this.#end = setup.end;
    this.#port = port;
  }

  take(request: WriterRequest): void {
    if (request === 'close') this.#close();
    else if (request.era === this.#era) this.#report(this.#write(request));
  }

  #report(report: WriterReport): void {
    Atomics.store(this.#busy, 0, 0);
    this.#port.postMessage(report);
  }

  #write(batch: Batch): WriterReport {
    try {
      this.#end = this.#commit(batch);
    } catch (error) {
      this.#era += 1;
      // A failed COMMIT may have undone the transaction already.
      if (this.#database.isTransaction) this.#database.exec('ROLLBACK');
      return { kind: 'failed', message: (error as Error).message };
    }
    this.#recordHead();
    return { kind: 'durable', revision: this.#end.revision };
  }

  #commit(batch: Batch): LogPosition {
    const { first, times, bodies } = batch;
    let crc = this.#end.crc;
    this.#database.exec('BEGIN IMMEDIATE');
    for (let index = 0; index < bodies.length; index++) {
      const body = bodies[index] as string;
      crc = crc32(body, crc);
      this.#insert.run(first + index, times[index] as number, crc, body);
    }
    this.#database.exec('COMMIT');
    return { revision: first + bodies.length - 1, crc };
  }

  #recordHead(): void {
    try {
      this.#head.write(this.#end);
    } catch {
      // The batch is durable whatever becomes of the head file: left behind it detects less, and the next batch
      // writes it again.
    }
  }

  #close(): void {
    this.#database.close();
    this.#head.close();
    this.#port.close();
  }
}

const port = parentPort;
if (port === null) throw new Error('sqlite-writer.ts runs as a worker thread');
const writer = new Writer(workerData as WriterSetup, port);
port.on('message', (request: WriterRequest) => writer.take(request));
port.postMessage({ kind: 'ready' } satisfies WriterReport);
