/** Makes a database ready for a log, and brings the tables of an older release up. */

import { LogUnavailableError } from '../log.ts';
import { systemTimers } from '../timers.ts';
import { deadlines } from './deadlines.ts';
import { explained, isServerError } from './failure.ts';
import { Session } from './session.ts';
import { formatVersion, standing } from './statements.ts';
import type { StandingRow } from './statements.ts';
import { nameOf, parsePlace } from './url.ts';
import type { PostgresPlace } from './url.ts';

export interface InitOptions {
  /** What follows `postgres:` in the URL; its user makes the tables and owns them. */
  readonly place: string;
  /** A role that is there; it gets what a station needs and nothing more. */
  readonly role?: string | undefined;
}

/** By version: what brings the tables of the one before to it. */
const steps: readonly ((schema: string) => readonly string[])[] = [
  (schema) => [
    `create table ${schema}.commits (
  revision bigint primary key check (revision > 0),
  at bigint not null,
  crc bigint not null,
  body bytea not null
)`,
    `create table ${schema}.registers (
  name text primary key,
  version bigint not null check (version > 0),
  value bytea not null
)`,
  ],
];

/**
 * Makes schema and tables where they are not there, and gives a role its rights. What is there stays;
 * to do it again changes nothing.
 *
 * @returns what was done, a sentence each
 * @throws {LogUnavailableError} no server can be used, the user may not do it, or a newer release made
 *   the tables
 */
export async function initPostgresLog({ place: text, role }: InitOptions): Promise<string[]> {
  const place = parsePlace(text);
  const session = await onPrimary(place);
  const run = async <Row extends readonly unknown[]>(
    statement: string,
    values: readonly unknown[] = [],
  ): Promise<Row[]> => {
    // Who adds an index to a hundred million commits waits for longer than any station.
    const { rows } = await session.ask<Row>({ text: statement, values }, migrationMs);
    return rows;
  };
  try {
    await run('begin');
    // Two that do it at once take turns.
    await run(`select pg_advisory_xact_lock(hashtext($1))`, [`halcyon ${place.schema}`]);
    const done = await migrate(run, place);
    if (role !== undefined) done.push(await grant(run, place, role));
    await run('commit');
    return done;
  } catch (error) {
    if (!isServerError(error)) throw error;
    throw new LogUnavailableError(`the log was not made: ${explained(error)}`, { cause: error });
  } finally {
    session.close();
  }
}

const migrationMs = 3_600_000;

type Run = <Row extends readonly unknown[]>(
  statement: string,
  values?: readonly unknown[],
) => Promise<Row[]>;

const migrate = async (run: Run, { schema, database }: PostgresPlace): Promise<string[]> => {
  const [[encoding] = ['']] = await run<[string]>('select getdatabaseencoding()');
  if (encoding !== 'UTF8')
    throw new LogUnavailableError(
      `the database ${database} is kept in ${encoding}, a log needs UTF8: make a database with ` +
        "`create database … encoding 'UTF8' template template0`",
    );
  const done: string[] = [];
  const [[hasSchema] = [false]] = await run<[boolean]>(
    'select exists (select from pg_namespace where nspname = $1)',
    [schema],
  );
  if (!hasSchema) {
    await run(`create schema "${schema}"`);
    done.push(`made schema ${schema} in database ${database}`);
  }
  const [[hasFormat] = [false]] = await run<[boolean]>(`select to_regclass($1) is not null`, [
    `"${schema}".format`,
  ]);
  if (!hasFormat) {
    await run(`create table "${schema}".format (version int not null)`);
    await run(`insert into "${schema}".format values (0)`);
  }
  const [[version] = [0]] = await run<[number]>(
    `select version from "${schema}".format for update`,
  );
  if (version > formatVersion)
    throw new LogUnavailableError(
      `the tables in schema ${schema} were made by a newer release (format ${version}, this one ` +
        `knows ${formatVersion}): install that release here`,
    );
  for (let next = version; next < formatVersion; next += 1) {
    for (const statement of steps[next]!(`"${schema}"`)) await run(statement);
    await run(`update "${schema}".format set version = $1`, [next + 1]);
    done.push(
      next === 0
        ? `made the tables of a log in schema ${schema}, format ${next + 1}`
        : `brought the tables in schema ${schema} to format ${next + 1}`,
    );
  }
  if (done.length === 0) done.push(`schema ${schema} of database ${database} is ready as it is`);
  return done;
};

const grant = async (run: Run, { schema }: PostgresPlace, role: string): Promise<string> => {
  const [quoted] = await run<[string]>(
    'select quote_ident(rolname) from pg_roles where rolname = $1',
    [role],
  );
  if (quoted === undefined)
    throw new LogUnavailableError(
      `there is no role of that name: make it with \`create role NAME login password '…'\``,
    );
  const [name] = quoted;
  for (const table of ['format', 'commits', 'registers'])
    await run(`revoke all on "${schema}".${table} from ${name}`);
  await run(`revoke all on schema "${schema}" from ${name}`);
  await run(`grant usage on schema "${schema}" to ${name}`);
  await run(`grant select on "${schema}".format to ${name}`);
  await run(`grant select, insert on "${schema}".commits to ${name}`);
  await run(`grant select, insert, update on "${schema}".registers to ${name}`);
  return `role ${role} may read and append commits, and read and replace registers`;
};

/** A session on the first of the hosts that is a primary. */
const onPrimary = async (place: PostgresPlace): Promise<Session> => {
  const reasons: string[] = [];
  const { connectMs, answerMs } = deadlines;
  for (const host of place.hosts) {
    try {
      const parts = { place, host, timers: systemTimers, name: 'halcyon log init', connectMs };
      const session = await Session.connect(parts);
      const { rows } = await session.ask<StandingRow>(standing, answerMs);
      if (!rows[0]![0]) return session;
      session.close();
      reasons.push(`${nameOf(host)}: it is a standby`);
    } catch (error) {
      reasons.push(`${nameOf(host)}: ${explained(error)}`);
    }
  }
  throw new LogUnavailableError(`no server of the log can be used: ${reasons.join('; ')}`);
};
