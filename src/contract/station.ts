/** The station itself. */

import { Type } from 'typebox';
import type { Static } from 'typebox';
import { ask } from './endpoint.ts';
import { nullable, RevisionNumber, Timestamp } from './values.ts';

const PeriodicWork = Type.Object({
  work: Type.String({ description: 'What is done again and again.' }),
  where: Type.String({ description: '`station`, or the base URL of the OBM daemon that does it.' }),
  period_ms: Type.Integer({
    description: 'From one time to the next, over which it is spread; 0: it is not done unasked.',
  }),
  items: Type.Integer({ description: 'What it is about.' }),
  due: Type.Integer({ description: 'How many of them are due and not begun.' }),
  lag_ms: Type.Integer({ description: 'How late it is, or was lately.' }),
});

const StationPlace = Type.Object(
  { name: Type.String(), url: Type.String() },
  { description: 'Who leads, as far as it knows; null: nobody, or one that has no name.' },
);

export const StationInfo = Type.Object({
  name: nullable(
    Type.String({
      description: 'How it is called among those of its cluster; null: it has no name.',
    }),
  ),
  role: Type.Unsafe<'leading' | 'following'>(
    Type.Enum(['leading', 'following'], {
      description: 'Whether it decides, or passes on what is asked of it.',
    }),
  ),
  role_since: Timestamp,
  term: Type.Integer({ description: 'The newest term of leadership that it knows of; 0: none.' }),
  leader: nullable(StationPlace),
  known: nullable(
    Type.Boolean({
      description:
        'Whether it is one of the stations of the cluster, and may lead; null: its log is its own.',
    }),
  ),
  log_trouble: nullable(
    Type.String({ description: 'Why the log cannot be reached, or written; null: it can.' }),
  ),
  version: Type.String(),
  pid: Type.Integer(),
  node: Type.String({ description: 'Version of Node.js.' }),
  started: Timestamp,
  uptime_seconds: Type.Integer(),
  directory: Type.String(),
  head: Type.Integer({
    minimum: 0,
    description:
      'The last durable revision that it has; how far it is behind is the difference to the leader’s.',
  }),
  waiting: Type.Integer({ description: 'Commits decided and not durable yet.' }),
  durability: Type.String(),
  log_directory: nullable(
    Type.String({ description: 'Where the log is; null: not in files of this machine.' }),
  ),
  log_bytes: Type.Integer(),
  snapshots: Type.Integer(),
  last_snapshot: nullable(RevisionNumber),
  hosts: Type.Integer(),
  processes: Type.Integer(),
  agents_connected: Type.Integer(),
  memory_bytes: Type.Integer({ description: 'Resident.' }),
  periodic: Type.Array(PeriodicWork),
});

export const LogInfo = Type.Object({
  head: RevisionNumber,
  durability: Type.String(),
  bytes: Type.Integer(),
  digest: Type.String(),
  subscribers: Type.Array(
    Type.Object({ name: Type.String(), revision: RevisionNumber, lag: Type.Integer() }),
  ),
  snapshots: Type.Array(
    Type.Object({ revision: RevisionNumber, bytes: Type.Integer(), at: Timestamp }),
  ),
});

export const EngineInfo = Type.Object({
  revision: RevisionNumber,
  rules_version: Type.Integer(),
  rules: Type.Array(
    Type.Object({
      name: Type.String(),
      description: Type.String(),
      on: Type.Array(Type.String()),
      firings: Type.Integer(),
    }),
  ),
  commits: Type.Integer({ description: 'Decided by this station since it started.' }),
  commits_per_second: Type.Number({
    description: 'Over the last ten seconds, whichever station decided them.',
  }),
  events: Type.Integer(),
  rejections: Type.Integer(),
  waiting: Type.Integer({ description: 'Commits decided and not durable yet.' }),
  resources: Type.Record(Type.String(), Type.Integer()),
  next_deadline: nullable(Timestamp),
});

/** What takes several steps and is under way. */
export const Sequences = Type.Object({
  revision: RevisionNumber,
  kinds: Type.Array(
    Type.Object({
      kind: Type.String(),
      description: Type.String(),
      running: Type.Integer(),
      next: nullable(Timestamp),
    }),
  ),
  sequences: Type.Array(
    Type.Object({
      kind: Type.String(),
      subject: Type.String({ description: 'A fid, the name of a host, an endpoint.' }),
      host: nullable(Type.String()),
      name: nullable(Type.String({ description: 'Of the process.' })),
      step: Type.String({ description: 'How far it is, in words.' }),
      due: Timestamp,
    }),
    {
      description:
        'Those that are due first. Expiry of tokens and of remembered requests is only counted.',
    },
  ),
});

export type StationInfo = Static<typeof StationInfo>;
export type LogInfo = Static<typeof LogInfo>;
export type EngineInfo = Static<typeof EngineInfo>;
export type Sequences = Static<typeof Sequences>;

export const station = ask({
  answeredBy: 'itself',
  path: '/station',
  access: 'viewer',
  tag: 'station',
  summary: 'The station: version, data directory, log, memory',
  reply: StationInfo,
});

export const log = ask({
  answeredBy: 'itself',
  path: '/log',
  access: 'viewer',
  tag: 'station',
  summary: 'The log: head, size, snapshots, subscribers',
  reply: LogInfo,
});

export const engine = ask({
  answeredBy: 'itself',
  path: '/engine',
  access: 'viewer',
  tag: 'station',
  summary: 'The engine: rules, counters, resources',
  reply: EngineInfo,
});

export const sequences = ask({
  path: '/engine/sequences',
  access: 'viewer',
  tag: 'station',
  summary: 'What takes several steps and is under way',
  description:
    'Processes that start, stop or wait for their next attempt, lost hosts, endpoints that are kept back: what each ' +
    'waits for, and when something follows if that does not come.',
  query: {
    limit: Type.Optional(
      Type.Integer({ minimum: 0, maximum: 1000, description: 'How many to list. Default 100.' }),
    ),
  },
  reply: Sequences,
});

export const openapi = ask({
  answeredBy: 'itself',
  path: '/openapi.json',
  access: 'public',
  tag: 'station',
  summary: 'This document',
  reply: Type.Unsafe<unknown>(Type.Object({})),
});
