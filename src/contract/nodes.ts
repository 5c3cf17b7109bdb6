/** Nodes: hosts that are members of the cluster. */

import { Type } from 'typebox';
import type { Static } from 'typebox';
import { action, command, read } from './endpoint.ts';
import { Operation } from './operations.ts';
import { page } from './page.ts';
import { paging } from './parameters.ts';
import { Added, TokensWanted } from './processes.ts';
import { FidText, Fqdn, HostState, Overrides, RevisionNumber, RoleName, strict } from './values.ts';

export const Node = Type.Object({
  fid: FidText,
  host: Fqdn,
  state: HostState,
  processes: Type.Integer(),
  created: RevisionNumber,
});

export const NodePage = page(Node);

export const NodeBody = Type.Object(
  {
    host: Fqdn,
    roles: Type.Array(
      Type.Object({ name: RoleName, overrides: Type.Optional(Overrides) }, strict),
      { minItems: 1, maxItems: 64 },
    ),
    tokens: TokensWanted,
  },
  strict,
);

export type Node = Static<typeof Node>;
export type NodeBody = Static<typeof NodeBody>;

const params = { fid: FidText };

export const listNodes = read({
  path: '/nodes',
  access: 'viewer',
  lent: 'shown',
  tag: 'nodes',
  summary: 'Nodes',
  query: paging,
  reply: NodePage,
});

export const getNode = read({
  path: '/nodes/:fid',
  params,
  access: 'viewer',
  lent: 'machine',
  tag: 'nodes',
  summary: 'One node',
  reply: Node,
});

export const addNode = command({
  method: 'POST',
  path: '/nodes',
  access: 'operator',
  lent: 'machine',
  tag: 'nodes',
  summary: 'Add the processes of several roles to a host',
  description: 'One commit: all of them or none. The host becomes a node if it is none yet.',
  body: NodeBody,
  reply: Added,
  creates: true,
});

export const startNode = action({
  method: 'POST',
  path: '/nodes/:fid/start',
  params,
  access: 'operator',
  lent: 'machine',
  tag: 'nodes',
  summary: 'Start the managed processes of a node',
  reply: Operation,
});

export const stopNode = action({
  method: 'POST',
  path: '/nodes/:fid/stop',
  params,
  access: 'operator',
  lent: 'machine',
  tag: 'nodes',
  summary: 'Stop the managed processes of a node',
  reply: Operation,
});

export const removeNode = action({
  method: 'DELETE',
  path: '/nodes/:fid',
  params,
  access: 'operator',
  lent: 'machine',
  tag: 'nodes',
  summary: 'Remove a node and its processes; the host stays',
  description:
    'What can be removed is; the operation fails and names what refuses, which keeps the node. It can be repeated. ' +
    'Where nothing can be removed, the request is refused.',
  reply: Operation,
});
