/** Reading a SQLite log, verified as it goes. */

import { DatabaseSync, type StatementSync } from 'node:sqlite';
import type { Commit } from '../../core/events/commit.ts';
import { ChainReader } from '../chain.ts';
import type { LogPosition } from '../chain.ts';
import { corruptLog, logFailure } from './failure.ts';

/** Rows of one page at most; more are not faster. */
const pageRows = 1000;
/**
 * Characters a page is aimed at: large commits make short pages, so that memory stays bounded, and so does the time for
 * which a page holds the event loop.
 */
const pageCharacters = 1024 * 1024;
/** The first page is short, because the size of its commits is not known yet. */
const firstPageRows = 32;

type Row = [revision: number, crc: number, body: string];

export class SqliteReader {
  readonly path: string;
  readonly #database: DatabaseSync;
  readonly #page: StatementSync;
  readonly #checksum: StatementSync;
  readonly #time: StatementSync;

  /** Opens read-only, so that even a log that is refused stays as it was found. */
  constructor(path: string) {
    this.path = path;
    this.#database = new DatabaseSync(path, { readOnly: true, timeout: 5000 });
    try {
      this.#page = this.#database.prepare(
        'SELECT revision, crc, body FROM commits WHERE revision > ? AND revision <= ? ' +
          'ORDER BY revision LIMIT ?',
      );
      this.#page.setReturnArrays(true);
      this.#checksum = this.#database.prepare('SELECT crc FROM commits WHERE revision = ?');
      this.#time = this.#database.prepare('SELECT at FROM commits WHERE revision = ?');
    } catch (error) {
      this.#database.close();
      throw logFailure(error, path);
    }
  }

  /** The value of a statement's first column, or of a pragma. */
  value(sql: string): unknown {
    const statement = this.#database.prepare(sql);
    statement.setReturnArrays(true);
    return (statement.get() as unknown as unknown[] | undefined)?.[0];
  }

  /**
   * The chained checksum of everything up to a revision; `undefined` where the log has no such
   * revision.
   */
  checksum(revision: number): number | undefined {
    if (revision === 0) return 0;
    try {
      return (this.#checksum.get(revision) as { crc: number } | undefined)?.crc;
    } catch (error) {
      throw logFailure(error, this.path);
    }
  }

  /** Where the log ends, verified from a revision on. */
  end(from: number): LogPosition {
    const last = this.value('SELECT max(revision) FROM commits');
    const commits = this.commits(from, typeof last === 'number' ? last : 0);
    let step = commits.next();
    while (step.done !== true) step = commits.next();
    return step.value;
  }

  /** The last commit up to `to` at or before a time, ms since the epoch; 0 where there is none. */
  revisionAt(time: number, to: number): number {
    let [before, after] = [0, to + 1];
    while (after - before > 1) {
      const middle = Math.floor((before + after) / 2);
      if (this.#timeOf(middle) <= time) before = middle;
      else after = middle;
    }
    return before;
  }

  #timeOf(revision: number): number {
    try {
      const row = this.#time.get(revision) as { at: number } | undefined;
      if (row) return row.at;
    } catch (error) {
      throw logFailure(error, this.path);
    }
    throw this.#corrupt(revision, 'it is missing');
  }

  /**
   * Commits after `from` up to and including `to`. The chain of checksums starts from the one
   * stored at `from`.
   *
   * @returns the last position, once done
   * @throws {LogCorruptError} a commit is missing or not what was written
   */
  *commits(from: number, to: number): Generator<Commit, LogPosition> {
    const start = { revision: from, crc: this.#startOfChain(from) };
    const chain = new ChainReader(start, (revision, found) => this.#corrupt(revision, found));
    let limit = firstPageRows;
    while (chain.position.revision < to) {
      const rows = this.#rows(chain.position.revision, to, limit);
      if (rows.length === 0) chain.read(undefined);
      let characters = 0;
      for (const [revision, crc, body] of rows) {
        characters += body.length;
        yield chain.read({ revision, crc, body });
      }
      const fitting = Math.floor((pageCharacters * rows.length) / characters);
      limit = Math.max(1, Math.min(pageRows, fitting));
    }
    return chain.position;
  }

  close(): void {
    this.#database.close();
  }

  #startOfChain(from: number): number {
    const crc = this.checksum(from);
    if (crc === undefined) throw this.#corrupt(from, 'it is missing');
    return crc;
  }

  #rows(after: number, to: number, limit: number): Row[] {
    try {
      return this.#page.all(after, to, limit) as unknown as Row[];
    } catch (error) {
      throw logFailure(error, this.path);
    }
  }

  #corrupt(revision: number, found: string): Error {
    return corruptLog(this.path, `at revision ${revision}, ${found}`);
  }
}
