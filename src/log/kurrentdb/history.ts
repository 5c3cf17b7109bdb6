/** What is in the stream, read piece by piece. */

import type { Commit } from '../../core/events/commit.ts';
import { ChainReader, logStart } from '../chain.ts';
import type { LogPosition, StoredCommit } from '../chain.ts';
import { LogCorruptError, LogUnavailableError } from '../log.ts';
import { storedOf } from './event.ts';
import { wordsOf } from './failure.ts';
import type { KurrentdbStream, StreamEvent } from './stream.ts';

/** A page has so many events, fewer where they are large. */
const pages = { first: 64, most: 1024, bytes: 4 * 1024 * 1024 } as const;

/** The stream ends before what was read of it. */
export class MissingError extends LogUnavailableError {}

export class History {
  readonly #stream: KurrentdbStream;

  constructor(stream: KurrentdbStream) {
    this.#stream = stream;
  }

  /**
   * Commits behind a revision, as they are stored; nothing is read ahead of whoever reads.
   *
   * @throws {LogUnavailableError} the servers did not answer in time
   * @throws {MissingError} the stream ends before
   * @throws {LogCorruptError} one is no commit, or is missing before others
   */
  async *stored(from: number, to: number): AsyncGenerator<StoredCommit & { readonly at: number }> {
    let size: number = pages.first;
    for (let at = from; at < to;) {
      const events = await this.#page(at, Math.min(size, to - at));
      if (events.length === 0) throw this.#missing(at + 1);
      let bytes = 0;
      for (const event of events) {
        if (event.revision !== at) throw this.#corrupt(at + 1, 'it is missing');
        at += 1;
        bytes += event.data.length;
        yield this.#commitOf(event);
      }
      const fits = Math.floor((pages.bytes * events.length) / Math.max(1, bytes));
      size = Math.max(1, Math.min(pages.most, size * 2, fits));
    }
  }

  /** The same, verified by the chained checksum. */
  async *commits(from: number, to: number): AsyncGenerator<Commit> {
    if (from >= to) return;
    const chain = new ChainReader(await this.placeAt(from), (at, found) =>
      this.#corrupt(at, found),
    );
    for await (const stored of this.stored(from, to)) yield chain.read(stored);
  }

  /**
   * The place behind a commit.
   *
   * @throws what reading throws
   */
  async placeAt(revision: number): Promise<LogPosition> {
    return revision === 0 ? logStart : this.at(revision);
  }

  /** The commit at a revision, from 1. */
  async at(revision: number): Promise<StoredCommit & { readonly at: number }> {
    const [event] = await this.#page(revision - 1, 1);
    if (event === undefined) throw this.#missing(revision);
    if (event.revision !== revision - 1) throw this.#corrupt(revision, 'it is missing');
    return this.#commitOf(event);
  }

  /** The last commit at or before a time, among the first so many. Reads few of them. */
  async revisionAt(time: number, head: number): Promise<number> {
    let [low, high] = [0, head];
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if ((await this.at(middle)).at <= time) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  async #page(from: number, count: number): Promise<StreamEvent[]> {
    try {
      return await this.#stream.page(from, count);
    } catch (cause) {
      throw new LogUnavailableError(`the log cannot be read: ${wordsOf(cause)}`, { cause });
    }
  }

  #commitOf(event: StreamEvent): StoredCommit & { readonly at: number } {
    const stored = storedOf(event);
    if (stored === undefined)
      throw this.#corrupt(event.revision + 1, 'there is something else, that no station wrote');
    return stored;
  }

  /** The stream ends before: its history is lost, or a server that leads does not have it yet. */
  #missing(revision: number): Error {
    return new MissingError(`the log cannot be read: the servers do not have revision ${revision}`);
  }

  #corrupt(revision: number, found: string): LogCorruptError {
    return new LogCorruptError(
      `the stream ${this.#stream.name} of KurrentDB is damaged: at revision ${revision}, ${found}. ` +
        'Nothing was changed. Restore it from a backup, or name another stream',
    );
  }
}

/** Commits one by one, for whoever reads the log. */
export class Reading implements AsyncIterableIterator<Commit> {
  readonly #commits: AsyncGenerator<Commit>;
  readonly #check: () => void;
  readonly #explain: (error: Error) => Promise<Error>;

  /**
   * @param check throws where the log cannot be read any more
   * @param explain why something is missing or damaged
   */
  constructor(
    commits: AsyncGenerator<Commit>,
    check: () => void,
    explain: (error: Error) => Promise<Error>,
  ) {
    this.#commits = commits;
    this.#check = check;
    this.#explain = explain;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async next(): Promise<IteratorResult<Commit>> {
    this.#check();
    try {
      return await this.#commits.next();
    } catch (error) {
      throw await this.#explain(error as Error);
    }
  }

  async return(): Promise<IteratorResult<Commit>> {
    await this.#commits.return(undefined);
    return { done: true, value: undefined };
  }
}
