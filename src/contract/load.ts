/** What a load answers. */

import { Type } from 'typebox';
import type { Static } from 'typebox';
import { DryRun, Problem } from './replies.ts';
import { Fqdn, nullable, RevisionNumber } from './values.ts';

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

export type Loaded = Static<typeof Loaded>;
export type LoadPlan = Static<typeof LoadPlan>;
