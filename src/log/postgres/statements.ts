/** What is asked of PostgreSQL. Names of schemas are checked before they come here. */

import type { Statement } from './session.ts';

/** The format of the tables; see `migrate.ts`. */
export const formatVersion = 1;

/** Commits of a page, and bytes of them; there is at least one. */
export const pageCommits = 1000;
export const pageBytes = 8 * 1024 * 1024;

/** `revision, crc, body` */
export type CommitRow = readonly [number, number, string];

/**
 * `isStandby, isReadOnly, encoding, server version, timeline, fsync, full_page_writes,
 * synchronous_commit, its source, synchronous_standby_names`
 */
export type StandingRow = readonly [
  ...[isStandby: boolean, isReadOnly: string, encoding: string, version: number],
  ...[timeline: number | null, fsync: string, fullPageWrites: string],
  ...[synchronousCommit: string, source: string, standbys: string],
];

/** What a server is, and what a commit survives on it. */
export const standing: Statement = {
  text: `select pg_is_in_recovery(), current_setting('transaction_read_only'),
  getdatabaseencoding(), current_setting('server_version_num')::int,
  case when not pg_is_in_recovery()
    then ('x' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8))::bit(32)::int end,
  current_setting('fsync'), current_setting('full_page_writes'), setting, source,
  current_setting('synchronous_standby_names')
from pg_settings where name = 'synchronous_commit'`,
};

/**
 * What a role or a database may have set otherwise. A timeout of the server would end statements
 * behind our back; a server that looks whether we are still there ends those that nobody waits for.
 */
export const ownSettings: Statement = {
  text: `select set_config(name,
  case name when 'client_connection_check_interval' then '5s'
    when 'default_transaction_isolation' then 'read committed' else '0' end, false)
from pg_settings where name in ('statement_timeout', 'lock_timeout', 'transaction_timeout',
  'idle_in_transaction_session_timeout', 'idle_session_timeout',
  'default_transaction_isolation', 'client_connection_check_interval')`,
};

export const setSynchronousCommit = (value: 'on'): Statement => ({
  text: `select set_config('synchronous_commit', $1, false)`,
  values: [value],
});

/** Sessions of ours that have waited for a standby for longer than that is to take. */
export const stuckSessions: Statement = {
  text: `select count(*) from pg_stat_activity
where application_name = current_setting('application_name') and usename = current_user
  and wait_event = 'SyncRep' and query_start < statement_timestamp() - interval '2 seconds'`,
};

/**
 * A transaction that changes nothing and is as durable as a commit: when it is done, so is all that
 * anybody has seen before.
 */
export const barrier: Statement = {
  text: `select pg_logical_emit_message(true, 'halcyon', '')`,
};

const page = (columns: string, table: string, where: string): string => `select ${columns} from (
  select *, sum(octet_length(body)) over (order by revision) - octet_length(body) as before from (
    select revision, crc, body from ${table} where ${where} order by revision limit ${pageCommits}
  ) one
) page where before < ${pageBytes} order by revision`;

const commitColumns = `revision, crc, convert_from(body, 'UTF8')`;

/** The statements for the log of one schema. */
export class Statements {
  readonly #schema: string;

  constructor(schema: string) {
    this.#schema = schema;
  }

  readonly #table = (name: string): string => `"${this.#schema}"."${name}"`;

  /** `version` */
  get format(): Statement {
    return { text: `select version from ${this.#table('format')}` };
  }

  get listen(): Statement {
    return { text: `listen "${this.#schema}"` };
  }

  /** `revision, crc` of the last commit. */
  get end(): Statement {
    return {
      text: `select revision, crc from ${this.#table('commits')} order by revision desc limit 1`,
    };
  }

  get size(): Statement {
    return {
      text: `select pg_total_relation_size('${this.#table('commits')}'::regclass)`,
    };
  }

  /** `crc` */
  checksum(revision: number): Statement {
    return {
      name: 'checksum',
      text: `select crc from ${this.#table('commits')} where revision = $1`,
      values: [revision],
    };
  }

  /** As many commits after one as fit a page. */
  after(revision: number): Statement {
    return {
      name: 'after',
      text: page(commitColumns, this.#table('commits'), 'revision > $1'),
      values: [revision],
    };
  }

  /** The same, up to and including another. */
  between(from: number, to: number): Statement {
    return {
      name: 'between',
      text: page(commitColumns, this.#table('commits'), 'revision > $1 and revision <= $2'),
      values: [from, to],
    };
  }

  /** `revision` of the last commit up to `to` at or before a time; no row where one is missing. */
  revisionAt(time: number, to: number): Statement {
    return {
      name: 'revision-at',
      text: `with recursive search(low, high) as (
  select 0::bigint, $2::bigint + 1
  union all
  select case when at <= $1 then middle else low end, case when at <= $1 then high else middle end
  from search cross join lateral (select (low + high) / 2 as middle) half
  join ${this.#table('commits')} on revision = middle
  where high - low > 1
) select low from search where high - low <= 1`,
      values: [time, to],
    };
  }

  /**
   * Appends commits behind the one that is named by its revision and checksum, all or none, and tells
   * those who listen. Counts what was appended: nothing where that one is not there.
   *
   * @param bodies one after the other, each as long as `lengths` says
   */
  append(
    predecessor: { readonly revision: number; readonly crc: number },
    times: readonly number[],
    crcs: readonly number[],
    lengths: readonly number[],
    bodies: Buffer,
  ): Statement {
    const commits = this.#table('commits');
    return {
      name: 'append',
      text: `with kept as (
  insert into ${commits} (revision, at, crc, body)
  select $1::bigint + nth, at, crc, substring($3::bytea from start for length)
  from (
    select nth, at, crc, length, (sum(length) over (order by nth) - length + 1)::int as start
    from unnest($4::bigint[], $5::bigint[], $6::int[]) with ordinality as given(at, crc, length, nth)
  ) commit
  where $1::bigint = 0 or exists (select from ${commits} where revision = $1 and crc = $2)
  returning revision
) select count(*), pg_notify('${this.#schema}', max(revision)::text) from kept`,
      values: [predecessor.revision, predecessor.crc, bodies, times, crcs, lengths],
    };
  }

  /** `version, value` */
  register(name: string): Statement {
    return {
      name: 'register',
      text: `select version, value from ${this.#table('registers')} where name = $1`,
      values: [name],
    };
  }

  /** `version` where it was put there. */
  replace(name: string, seen: number, value: Buffer): Statement {
    const registers = this.#table('registers');
    if (seen === 0)
      return {
        name: 'put',
        text: `insert into ${registers} (name, version, value) values ($1, 1, $2)
on conflict do nothing returning version`,
        values: [name, value],
      };
    return {
      name: 'replace',
      text: `update ${registers} set version = version + 1, value = $3
where name = $1 and version = $2 returning version`,
      values: [name, seen, value],
    };
  }
}
