/** Loading facts and roles, and writing them out again. */

import { Type } from 'typebox';
import type { Static } from 'typebox';
import { command, read } from './endpoint.ts';
import { DryRun } from './outcome.ts';
import { Problem } from './problem.ts';
import { Fqdn, nullable, RevisionNumber, strict } from './values.ts';

const NamedText = Type.Object(
  {
    name: Type.String({ minLength: 1, maxLength: 4096, description: 'File name, for messages.' }),
    text: Type.String({ maxLength: 8_388_608, description: 'Content of the file.' }),
  },
  strict,
);

export const LoadBody = Type.Object(
  {
    facts: NamedText,
    roles: Type.Array(NamedText, { maxItems: 1000 }),
    passwords: Type.Optional(
      Type.Record(Type.String(), Type.String({ maxLength: 4096 }), {
        description: 'Contents of the files that facts name as `password_file`, by that name.',
      }),
    ),
  },
  strict,
);

const Undeclared = Type.Object({
  kind: Type.String({
    description: 'host, role, role of host, pool, profile, enclosure, project, obm or var.',
  }),
  name: Type.String(),
  host: nullable(Type.String({ description: 'Of a role that this host has no longer.' })),
  needed: Type.Boolean({
    description: 'Whether processes or other roles need it, so that it cannot go yet.',
  }),
});

const kept = Type.Array(Undeclared, {
  description: 'What the files do not declare any more and the cluster keeps.',
});

export const Loaded = Type.Object({
  revision: RevisionNumber,
  changed: Type.Boolean(),
  hosts: Type.Integer({ description: 'Hosts declared.' }),
  roles: Type.Integer({ description: 'Roles defined.' }),
  processes: Type.Integer({ description: 'Processes added by this load.' }),
  waiting: Type.Array(Fqdn, { description: 'Hosts whose roles wait for their agent to report.' }),
  missing: Type.Array(
    Type.Object({ host: Fqdn, roles: Type.Array(Type.String()), reason: Type.String() }),
    { description: 'Hosts that lack processes of declared roles and cannot be given them now.' },
  ),
  kept,
  warnings: Type.Array(Problem),
});

/** What a load would do: as events, and as differences that people read. */
export const LoadPlan = Type.Intersect([
  DryRun,
  Type.Object({
    cluster: nullable(Type.String({ description: 'What is loaded; null: nothing is.' })),
    changes: Type.Array(
      Type.Object({
        action: Type.Enum(['add', 'change', 'remove']),
        kind: Type.String({
          description:
            'cluster, host, role, missing role, pool, profile, enclosure, project, obm, var, node or process.',
        }),
        name: Type.String({ description: 'Of nodes and processes: the fid.' }),
        fields: Type.Array(
          Type.Object({
            name: Type.String(),
            before: Type.Unsafe<unknown>(Type.Any()),
            after: Type.Unsafe<unknown>(Type.Any()),
          }),
        ),
      }),
    ),
    counts: Type.Object({
      add: Type.Integer(),
      change: Type.Integer(),
      remove: Type.Integer(),
    }),
    kept,
    warnings: Type.Array(Problem),
  }),
]);

export const Dump = Type.Object({
  facts: Type.Object({ name: Type.String(), text: Type.String() }),
  roles: Type.Array(Type.Object({ name: Type.String(), text: Type.String() })),
});

export type LoadBody = Static<typeof LoadBody>;
export type Loaded = Static<typeof Loaded>;
export type LoadPlan = Static<typeof LoadPlan>;
export type Dump = Static<typeof Dump>;

/** Facts carry hosts by the thousand; other bodies are small. */
export const loadBytesMax = 64 * 1024 * 1024;

export const load = command({
  method: 'POST',
  path: '/load',
  access: 'admin',
  tag: 'cluster',
  summary: 'Load facts and roles',
  description:
    'Adds what is new and changes what differs; what the files do not declare any more is kept and ' +
    'named, or removed with prune. All of it or nothing: with any error in a file the log is ' +
    'untouched. A dry run answers with the plan; sent with the revision of the plan as If-Match, the ' +
    'load does exactly what was planned, or nothing.',
  query: {
    prune: Type.Optional(
      Type.Boolean({ description: 'Remove what the files do not declare any more.' }),
    ),
  },
  body: LoadBody,
  bodyBytesMax: loadBytesMax,
  reply: Loaded,
  plan: LoadPlan,
});

export const dump = read({
  path: '/dump',
  access: 'operator',
  tag: 'cluster',
  summary: 'The declared cluster as files that load takes',
  description: 'Credentials of OBMs are not in it.',
  reply: Dump,
});
