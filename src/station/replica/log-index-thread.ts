/** The thread of `log-index.ts`: it has the index to itself, and reads the log. */

import { closeSync, openSync, rmSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import type { StatementSync } from 'node:sqlite';
import { parentPort, workerData } from 'node:worker_threads';
import { asksForLongWork } from '../../core/commands/long-work.ts';
import type { Commit } from '../../core/events/commit.ts';
import { subjectsOf, subjectsVersion } from '../../core/events/subjects.ts';
import { SqliteReader } from '../../log/sqlite/reader.ts';
import { Residences, residenceSchema } from './log-index-residences.ts';
import { indexSuffixes } from './log-index.ts';
import type { IndexReply, IndexRequest, IndexSetup, Term } from './log-index.ts';

/** `HalI`, in the header of every index. */
const applicationId = 0x48616c49;
/** With other tables, or other subjects, an index is made anew. */
const schema = [
  'CREATE TABLE terms (id INTEGER PRIMARY KEY, term TEXT NOT NULL UNIQUE) STRICT',
  `CREATE TABLE entries (
    term INTEGER NOT NULL,
    revision INTEGER NOT NULL,
    PRIMARY KEY (term, revision)
  ) STRICT, WITHOUT ROWID`,
  'CREATE TABLE position (revision INTEGER NOT NULL, crc INTEGER NOT NULL) STRICT',
  ...residenceSchema,
];

/** A batch ends with the commit that reaches as many, too. */
const batchEntries = 2000;
/** Revisions of a term that are looked up at a time. */
const pageRows = 1000;
const cacheKibibytes = 16_384;
/** Pages after which the write-ahead log is written back: a sync that the log's own may wait for. */
const checkpointPages = 4096;

const termsOf = (commit: Commit, residences: Residences): Set<Term> => {
  const terms = new Set<Term>();
  if (asksForLongWork(commit)) terms.add('operation');
  for (const event of commit.events) {
    terms.add(`type ${event.type}`);
    for (const subject of subjectsOf(event)) terms.add(`subject ${subject}`);
    residences.take(event);
    const host = residences.hostOf(event);
    if (host !== undefined) terms.add(`on ${host}`);
  }
  return terms;
};

class Index {
  readonly #database: DatabaseSync;
  readonly #log: SqliteReader;
  readonly #id: StatementSync;
  readonly #name: StatementSync;
  readonly #enter: StatementSync;
  readonly #move: StatementSync;
  readonly #page: StatementSync;
  readonly #latest: StatementSync;
  readonly #newest: StatementSync;
  readonly #residences: Residences;
  readonly #batchCommits: number;
  #position = 0;

  constructor({ path, logPath, batchCommits }: IndexSetup) {
    this.#batchCommits = batchCommits;
    this.#log = new SqliteReader(logPath);
    this.#database = this.#whole(path) ?? create(path);
    const prepare = (sql: string): StatementSync => {
      const statement = this.#database.prepare(sql);
      statement.setReturnArrays(true);
      return statement;
    };
    this.#id = prepare('SELECT id FROM terms WHERE term = ?');
    this.#name = prepare('INSERT INTO terms (term) VALUES (?) RETURNING id');
    this.#enter = prepare('INSERT INTO entries (term, revision) VALUES (?, ?)');
    this.#move = prepare('UPDATE position SET revision = ?, crc = ?');
    this.#page = prepare(
      'SELECT revision FROM entries WHERE term = ? AND revision > ? AND revision <= ? ' +
        `ORDER BY revision LIMIT ${pageRows}`,
    );
    this.#latest = prepare(
      'SELECT revision FROM entries WHERE term = ? AND revision <= ? ' +
        'ORDER BY revision DESC LIMIT 1 OFFSET ?',
    );
    this.#newest = prepare(
      'SELECT revision FROM entries WHERE term = ? AND revision <= ? ORDER BY revision DESC LIMIT ?',
    );
    this.#residences = new Residences(prepare);
    this.#position = positionOf(this.#database).revision;
  }

  answer(request: Exclude<IndexRequest, { kind: 'close' }>): IndexReply {
    switch (request.kind) {
      case 'fill':
        return { kind: 'filled', ...this.#fill(request.to) };
      case 'find':
        return { kind: 'found', ...this.#find(request.terms, request.after, request.to) };
      case 'latest':
        return {
          kind: 'latest',
          revision: Math.max(
            0,
            ...this.#ids(request.terms).map(
              (id) => first(this.#latest, id, request.to, request.count - 1) ?? 0,
            ),
          ),
        };
      case 'newest':
        return { kind: 'newest', revisions: this.#newestOf(request) };
      case 'nodes':
        return { kind: 'nodes', nodes: this.#residences.nodesOf(request.host) };
      case 'homes':
        return { kind: 'homes', nodes: this.#residences.homesOf(request.processes) };
    }
  }

  close(): void {
    this.#database.close();
    this.#log.close();
  }

  /** Takes in one batch of what the log has up to a durable revision. */
  #fill(to: number): { position: number; crc: number } {
    let entries = 0;
    let last = this.#position;
    this.#database.exec('BEGIN');
    for (const commit of this.#log.commits(last, Math.min(to, last + this.#batchCommits))) {
      const terms = termsOf(commit, this.#residences);
      for (const term of terms) this.#enter.run(this.#idOf(term), commit.revision);
      entries += terms.size;
      last = commit.revision;
      if (entries >= batchEntries) break;
    }
    const crc = this.#log.checksum(last)!;
    this.#move.run(last, crc);
    this.#database.exec('COMMIT');
    this.#position = last;
    return { position: last, crc };
  }

  #find(
    terms: readonly Term[],
    after: number,
    to: number,
  ): { revisions: number[]; through: number } {
    const pages = this.#ids(terms).map((id) =>
      (this.#page.all(id, after, to) as unknown as [number][]).map(([revision]) => revision),
    );
    const through = Math.min(
      to,
      this.#position,
      ...pages.filter(({ length }) => length === pageRows).map((page) => page.at(-1)!),
    );
    const revisions = new Set(pages.flat().filter((revision) => revision <= through));
    return { revisions: [...revisions].sort((a, b) => a - b), through };
  }

  #newestOf({ term, to, count }: IndexRequest & { kind: 'newest' }): number[] {
    const [id] = this.#ids([term]);
    if (id === undefined) return [];
    const rows = this.#newest.all(id, to, count) as unknown as [number][];
    return rows.map(([revision]) => revision);
  }

  #ids(terms: readonly Term[]): number[] {
    return terms.flatMap((term) => first(this.#id, term) ?? []);
  }

  #idOf(term: Term): number {
    return first(this.#id, term) ?? first(this.#name, term)!;
  }

  /** The index that is there; undefined where it is not whole, or not of this log. */
  #whole(path: string): DatabaseSync | undefined {
    let database: DatabaseSync | undefined;
    try {
      database = open(path);
      if (value(database, 'PRAGMA application_id') !== applicationId) throw new Error('foreign');
      if (value(database, 'PRAGMA user_version') !== subjectsVersion) throw new Error('older');
      if (schemaOf(database) !== String(schema)) throw new Error('of another layout');
      if (value(database, 'PRAGMA quick_check(1)') !== 'ok') throw new Error('damaged');
      const { revision, crc } = positionOf(database);
      if (this.#log.checksum(revision) !== crc) throw new Error('of another log');
      return database;
    } catch {
      database?.close();
      return undefined;
    }
  }
}

const first = (statement: StatementSync, ...values: (string | number)[]): number | undefined =>
  (statement.get(...values) as unknown as [number] | undefined)?.[0];

const value = (database: DatabaseSync, sql: string): unknown =>
  Object.values(database.prepare(sql).get() ?? {})[0];

const schemaOf = (database: DatabaseSync): string =>
  String(
    database
      .prepare('SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY rowid')
      .all()
      .map(({ sql }) => sql),
  );

const positionOf = (database: DatabaseSync): { revision: number; crc: number } =>
  database.prepare('SELECT revision, crc FROM position').get() as {
    revision: number;
    crc: number;
  };

/** Nobody else uses it, so nothing is shared in memory that another program could cut. */
const open = (path: string): DatabaseSync => {
  // SQLite would make it readable by others; what it makes beside it has the mode of it.
  closeSync(openSync(path, 'a', 0o600));
  const database = new DatabaseSync(path);
  database.exec(`
    PRAGMA locking_mode = EXCLUSIVE;
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = NORMAL;
    PRAGMA wal_autocheckpoint = ${checkpointPages};
    PRAGMA cache_size = -${cacheKibibytes};
  `);
  return database;
};

const remove = (path: string): void => {
  for (const suffix of indexSuffixes) rmSync(path + suffix, { force: true });
};

const create = (path: string): DatabaseSync => {
  remove(path);
  const database = open(path);
  database.exec(`
    BEGIN;
    PRAGMA application_id = ${applicationId};
    PRAGMA user_version = ${subjectsVersion};
    ${schema.join(';\n')};
    INSERT INTO position VALUES (0, 0);
    COMMIT;
  `);
  return database;
};

const port = parentPort;
if (port === null) throw new Error('log-index-thread.ts runs as a worker thread');
const setup = workerData as IndexSetup;

/** After an error there is no index, rather than one of which something is not known. */
const orRemove = <T>(work: () => T): T | undefined => {
  try {
    return work();
  } catch (error) {
    port.postMessage({ kind: 'failed', message: (error as Error).message } satisfies IndexReply);
    try {
      remove(setup.path);
    } catch {
      // It is checked before it is used again.
    }
    process.exit();
  }
};

const index = orRemove(() => new Index(setup))!;
port.on('message', (request: IndexRequest) => {
  if (request.kind !== 'close') {
    port.postMessage(orRemove(() => index.answer(request)));
    return;
  }
  orRemove(() => index.close());
  port.close();
});
