/** The cluster as a whole. */

import { Type } from 'typebox';
import type { Static } from 'typebox';
import { action, command, read, tell } from './endpoint.ts';
import { Operation } from './operations.ts';
import { Done } from './outcome.ts';
import { Fqdn, strict } from './values.ts';

export const ResetBody = Type.Object(
  { reason: Type.String({ minLength: 1, maxLength: 1024 }) },
  strict,
);

export const SyncBody = Type.Object(
  { hosts: Type.Optional(Type.Array(Fqdn, { maxItems: 100_000, description: 'Absent: all.' })) },
  strict,
);

export const Synced = Type.Object({
  told: Type.Array(Fqdn, { description: 'Hosts whose agents were told what they have to run.' }),
  absent: Type.Array(Fqdn, { description: 'Hosts whose agents are not connected.' }),
});

export type ResetBody = Static<typeof ResetBody>;
export const Graph = Type.Object({
  resources: Type.Array(Type.Object({ kind: Type.String() })),
  relations: Type.Array(
    Type.Object({ name: Type.String(), from: Type.String(), to: Type.String() }),
  ),
});

export type SyncBody = Static<typeof SyncBody>;
export type Synced = Static<typeof Synced>;

const everything =
  'Each node on its own, level by level. Independent processes are left alone and named in a warning.';

export const startCluster = action({
  method: 'POST',
  path: '/cluster/start',
  access: 'operator',
  tag: 'cluster',
  summary: 'Start all managed processes',
  description: everything,
  reply: Operation,
});

export const stopCluster = action({
  method: 'POST',
  path: '/cluster/stop',
  access: 'operator',
  tag: 'cluster',
  summary: 'Stop all managed processes',
  description: everything,
  reply: Operation,
});

export const reset = command({
  method: 'POST',
  path: '/cluster/reset',
  access: 'admin',
  tag: 'cluster',
  summary: 'Forget what is wanted and what has failed',
  description:
    'What runs goes on; nothing is started or restarted until somebody wants it. Recorded with who did it and why.',
  body: ResetBody,
  reply: Done,
});

export const sync = tell({
  method: 'POST',
  path: '/cluster/sync',
  access: 'operator',
  tag: 'cluster',
  summary: 'Tell agents once more what their hosts have to run',
  description:
    'All hosts that have a node, or those named. It changes nothing and is recorded nowhere.',
  body: SyncBody,
  reply: Synced,
});

export const graph = read({
  path: '/graph',
  access: 'viewer',
  tag: 'cluster',
  summary: 'The resource graph',
  description: 'As JSON, for Graphviz, or one resource a line. Token hashes are not in it.',
  query: {
    format: Type.Optional(
      Type.Union([Type.Literal('json'), Type.Literal('dot'), Type.Literal('kv')], {
        description: 'Default json.',
      }),
    ),
  },
  reply: Graph,
  content: {
    'application/json': Graph,
    'text/vnd.graphviz': Type.String({ description: 'format=dot' }),
    'text/tab-separated-values': Type.String({ description: 'format=kv' }),
  },
});
