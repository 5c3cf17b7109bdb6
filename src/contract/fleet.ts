/** All machines at a glance: how each does, by all that is known of it. */

import { Type } from 'typebox';
import type { Static } from 'typebox';
import { ask, read } from './endpoint.ts';
import type { QueryOf } from './endpoint.ts';
import { Maintenance } from './hosts.ts';
import { Fqdn, nullable, RevisionNumber, Timestamp } from './values.ts';

const text = (description: string) => Type.String({ description });

export const FleetObservation = Type.Object({
  verdict: text('ok, warn, fail, unknown (nobody could find out) or skipped (it was not asked).'),
  value: Type.Unsafe<string | number | boolean | null>(
    Type.Any({ description: 'What was found, in the base unit of the check.' }),
  ),
  text: text('The same in words. May hold what a machine printed.'),
  cause: Type.Optional(text('Why there is no better answer: refused, timeout, dns, …')),
  soft: Type.Optional(
    Type.Boolean({ description: 'It was not found as often yet as it takes to be believed.' }),
  ),
  flapping: Type.Optional(Type.Boolean({ description: 'It has changed too often lately.' })),
  at: { ...Timestamp, description: 'When it was found, by the clock of the station.' },
  ms: Type.Number({ description: 'How long that took.' }),
});

export const FleetMachine = Type.Object({
  name: Fqdn,
  state: text(
    'How far it answers: up, ssh (which lets nobody in), ping, on (and silent), off, bmc, dark, unknown.',
  ),
  reason: text('Why it is not simply up.'),
  since: nullable(Timestamp),
  verdict: text('The worst of its checks that counts.'),
  problem: Type.Boolean({ description: 'Somebody should look at it.' }),
  failing: Type.Array(Type.String(), { description: 'The checks that fail or warn.' }),
  agent: text('What the cluster has it for: up, down, unknown.'),
  agent_reason: Type.Optional(text('Why its agent is silent.')),
  node: nullable(Type.String()),
  roles: Type.Array(Type.String()),
  project: nullable(Type.String()),
  enclosure: nullable(Type.String()),
  maintenance: nullable(Maintenance),
  scheduler: nullable(
    Type.Object({
      state: Type.String(),
      reason: Type.String(),
      by: nullable(Type.String()),
      since: nullable(Timestamp),
      partitions: Type.Array(Type.String()),
    }),
  ),
  note: nullable(Type.Object({ text: Type.String(), by: Type.String(), at: Timestamp })),
  checks: Type.Record(Type.String(), FleetObservation, { description: 'By the id of the check.' }),
});

export const FleetColumn = Type.Object({
  id: Type.String(),
  title: Type.String(),
  type: text('name, enum, text, list, age, time, check; or as the values of checks are.'),
  description: Type.String(),
});

export const Freshened = Type.Object(
  {
    run: nullable(
      Type.String({ description: 'The look (`/check-runs/{id}`); null: none was needed.' }),
    ),
    looks: Type.Integer({
      description: 'How much was too old, or never found out, and was looked at.',
    }),
    pending: Type.Integer({
      description: 'What of that was not answered in time: it is as it was.',
    }),
  },
  { description: 'With `max_age`: what was done for it.' },
);

export const FleetMeta = Type.Object({
  version: text('Of the table: another one when a machine has changed.'),
  revision: RevisionNumber,
  at: Timestamp,
  shape: Type.String(),
  total: Type.Integer({ description: 'Machines that pass.' }),
  columns: Type.Array(FleetColumn),
  checks: Type.Array(
    Type.Object({
      id: Type.String(),
      parent: Type.Optional(Type.String()),
      title: Type.String(),
      description: Type.String(),
      type: text('Of its values: bool, bytes, seconds, count, ratio, enum, text.'),
    }),
    { description: 'The checks that are shown.' },
  ),
  next: nullable(text('`cursor` of the next page; null on the last one.')),
  fresh: Type.Optional(Freshened),
});

/** By its shape it has one of the lists. */
export const FleetAnswer = Type.Object({
  meta: FleetMeta,
  nodes: Type.Optional(Type.Array(FleetMachine)),
  rows: Type.Optional(
    Type.Array(Type.Array(Type.Unsafe<unknown>(Type.Any())), {
      description:
        '`shape=table`: cells in the order of the columns; of a check ' +
        '`[verdict, value, text, at, ms, cause, soft, flapping]` without what is missing at its end.',
    }),
  ),
  checks: Type.Optional(
    Type.Unsafe<Readonly<Record<string, unknown>>>(
      Type.Any({
        description: '`shape=check`: by check, what it found and on which machines (a nodeset).',
      }),
    ),
  ),
  groups: Type.Optional(
    Type.Unsafe<readonly unknown[]>(
      Type.Any({ description: '`shape=value`: machines that are alike, once.' }),
    ),
  ),
  table: Type.Optional(
    Type.Unsafe<unknown>(Type.Any({ description: '`orient`: as pandas calls it.' })),
  ),
});

const counts = Type.Record(Type.String(), Type.Integer());

export const FleetSummary = Type.Object({
  version: Type.String(),
  revision: RevisionNumber,
  at: Timestamp,
  total: Type.Integer(),
  problems: Type.Integer(),
  maintenance: Type.Integer(),
  states: counts,
  verdicts: counts,
  checks: Type.Record(
    Type.String(),
    Type.Object({
      verdicts: counts,
      newest: nullable(Timestamp),
      oldest: nullable(Timestamp),
    }),
    { description: 'By check: what it found, and when its newest and its oldest answer is of.' },
  ),
});

export const FleetHost = Type.Object({
  version: Type.String(),
  revision: RevisionNumber,
  at: Timestamp,
  machine: FleetMachine,
  fresh: Type.Optional(Freshened),
});

export type Freshened = Static<typeof Freshened>;
export type FleetMachine = Static<typeof FleetMachine>;
export type FleetAnswer = Static<typeof FleetAnswer>;
export type FleetMeta = Static<typeof FleetMeta>;
export type FleetQuery = QueryOf<typeof fleet>;
export type FleetSummary = Static<typeof FleetSummary>;
export type FleetHost = Static<typeof FleetHost>;

/** A list with commas; given several times, it is one list. */
const list = (description: string) =>
  Type.Optional(
    Type.Union(
      [
        Type.String({ maxLength: 65_536 }),
        Type.Array(Type.String({ maxLength: 65_536 }), { maxItems: 100 }),
      ],
      { description },
    ),
  );

/** What narrows the fleet to some machines. */
export const fleetSelection = {
  groups: list('Only machines of these groups. `all`: of all.'),
  nodes: list('Only these machines, as a nodeset: `n[0001-0100].savio3`.'),
  filter: Type.Optional(
    Type.String({
      maxLength: 4096,
      description: 'Only what passes: `ssh:down and reason~"Not resp*" and not @hw`, `age>1h`.',
    }),
  ),
  problems: Type.Optional(Type.Boolean({ description: 'Only what somebody should look at.' })),
};

/** What of each machine is shown, and how. */
export const fleetView = {
  checks: list('Only these checks, with their children; `all`: all.'),
  columns: list('These columns, in this order.'),
  sort: Type.Optional(
    Type.String({
      maxLength: 1024,
      description: '`-age,machine`; `-` turns one round. Default `problems`: worst first.',
    }),
  ),
  shape: Type.Optional(
    Type.Enum(['nodes', 'table', 'check', 'value'], { description: 'Default nodes.' }),
  ),
  orient: Type.Optional(
    Type.Enum(['index', 'records', 'split', 'dict', 'list', 'series'], {
      description: 'Flat, as pandas calls it; instead of a shape.',
    }),
  ),
  format: Type.Optional(
    Type.Enum(['json', 'ndjson', 'csv', 'tsv', 'text'], {
      description: 'Instead of what `Accept` says.',
    }),
  ),
  color: Type.Optional(
    Type.Boolean({ description: 'With `format=text`: with colours, for a terminal.' }),
  ),
  limit: Type.Optional(
    Type.Integer({ minimum: 1, maximum: 10_000, description: 'Absent: all in one answer.' }),
  ),
  cursor: Type.Optional(
    Type.String({
      maxLength: 64,
      description: '`next` of the page before. All pages are of one moment, for 2 minutes.',
    }),
  ),
};

/** How old what is told may be. */
export const freshness = {
  max_age: Type.Optional(
    Type.Integer({
      minimum: 0,
      maximum: 86_400,
      description:
        'Seconds. What was found longer ago, of the machines of `groups` and `nodes` by the checks that are shown, is looked ' +
        'at again, once for all who ask. This takes the right to look at machines now (`POST /check-runs`).',
    }),
  ),
  wait: Type.Optional(
    Type.Integer({
      minimum: 0,
      maximum: 60,
      description: 'With `max_age`: seconds that the answer may be held back until that was found.',
    }),
  ),
};

const media = {
  'application/json': FleetAnswer,
  'application/x-ndjson': Type.String({ description: 'A machine a line.' }),
  'text/csv': Type.String({ description: 'Columns by their ids; no cell is a formula.' }),
  'text/tab-separated-values': Type.String(),
  'text/plain': Type.String({ description: 'The table as text.' }),
  'text/event-stream': Type.String({
    description:
      'Messages with `id` (the version) and `event`: `start` or `reset` (read all of it again), and `change` with ' +
      '`nodes` that pass and are otherwise now, and `gone`, those that do not pass or are gone.',
  }),
};

export const fleet = read({
  answeredBy: 'leader',
  path: '/fleet',
  access: 'viewer',
  lent: 'shown',
  tag: 'fleet',
  summary: 'All machines, and how each does',
  description:
    'All in one answer, or page by page. It shows what was found last, and runs nothing without `max_age`. As JSON, ' +
    'NDJSON, CSV, TSV, text or a live stream (SSE) by `Accept`; with `If-None-Match` 304 while nothing has changed, or for ' +
    'a minute the same was found again. What is misspelt is refused. With `at` it is as the log had it: with the verdicts ' +
    'that were confirmed by then (`at` of each: since when), without values and without what the scheduler said.',
  query: { ...fleetSelection, ...fleetView, ...freshness },
  reply: FleetAnswer,
  content: media,
  tagged: true,
});

export const fleetSummary = read({
  answeredBy: 'leader',
  path: '/fleet/summary',
  access: 'viewer',
  lent: 'shown',
  tag: 'fleet',
  summary: 'How many machines are in which state',
  description:
    'By state, by verdict and by check, with the age of what each check has found. With `at`: by what the log had then.',
  query: fleetSelection,
  reply: FleetSummary,
});

export const fleetColumns = ask({
  answeredBy: 'leader',
  path: '/fleet/columns',
  access: 'viewer',
  lent: 'shown',
  tag: 'fleet',
  summary: 'The columns that there are',
  description: 'For `columns`, `sort` and `filter`.',
  reply: Type.Object({ columns: Type.Array(FleetColumn) }),
});

export const fleetHost = read({
  answeredBy: 'leader',
  path: '/hosts/:fqdn/status',
  params: { fqdn: Fqdn },
  access: 'viewer',
  lent: 'machine',
  tag: 'fleet',
  summary: 'How a machine does, by all that is known of it',
  description: 'With `at`: by what the log had then; see `/fleet`.',
  query: freshness,
  reply: FleetHost,
});
