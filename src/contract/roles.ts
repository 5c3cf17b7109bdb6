/** Roles: what processes are made of, and which machines have them. */

import { Type } from 'typebox';
import type { Static } from 'typebox';
import { read } from './endpoint.ts';
import { page } from './page.ts';
import { paging } from './parameters.ts';
import {
  FidText,
  Fqdn,
  HostState,
  nullable,
  Overrides,
  RevisionNumber,
  RoleName,
} from './values.ts';

const facts = {
  name: RoleName,
  format: Type.Enum(['native', 'halon']),
  file: Type.String({ description: 'The file that it was loaded from, as it was called.' }),
  line: Type.Integer({ description: 'Where it begins there.' }),
  requires: Type.Array(RoleName, { description: 'What a node gets first that has none of it.' }),
  declared: Type.Integer({ description: 'Hosts that have it by facts.' }),
  waiting: Type.Integer({ description: 'Of these, those that have not been given it yet.' }),
  without: Type.Integer({
    description: 'Of these, those that were given it, and of whose processes none is left.',
  }),
  nodes: Type.Integer({ description: 'Nodes that have processes of it.' }),
  processes: Type.Record(Type.String(), Type.Integer(), {
    description: 'How many processes of it are in which state.',
  }),
};

export const RoleItem = Type.Object(facts);
export const RolePage = page(RoleItem);

export const Role = Type.Object({
  revision: RevisionNumber,
  ...facts,
  text: Type.String({ description: 'Its part of the file, as it was loaded.' }),
});

const Range = Type.Object({
  name: Type.String(),
  from: Type.Integer(),
  to: Type.Integer(),
  used: Type.Integer({ description: 'Values that processes of the node have, of whatever role.' }),
  next: nullable(Type.Integer({ description: 'What the next one would be given; null: none.' })),
});

export const RoleHost = Type.Object({
  host: Fqdn,
  state: HostState,
  node: nullable(FidText),
  declared: Type.Boolean({ description: 'Facts give it the role.' }),
  overrides: Overrides,
  pending: Type.Boolean({ description: 'It has not been given the role yet.' }),
  problem: Type.String({ description: 'Why it waits; empty where there is nothing to say.' }),
  given: nullable(
    Type.Integer({ description: 'Processes that it was given by facts; null: not known.' }),
  ),
  processes: Type.Integer({ description: 'Processes of the role that it has and that stay.' }),
  endpoints: Type.Array(Type.String(), {
    description: 'Of its processes of the role, the first 16.',
  }),
  next_endpoint: nullable(
    Type.String({
      description:
        'The lowest free one from the first of these; null: it has none, or nothing is free. A dry run says what an ' +
        'addition would be given.',
    }),
  ),
  ranges: Type.Array(Range, { description: 'Environment ranges of its processes of the role.' }),
});

export const RoleHostPage = page(RoleHost);

export type RoleItem = Static<typeof RoleItem>;
export type Role = Static<typeof Role>;
export type RoleHost = Static<typeof RoleHost>;

export const listRoles = read({
  path: '/roles',
  access: 'viewer',
  lent: 'shown',
  tag: 'cluster',
  summary: 'Roles',
  description: 'Members of projects are told how many of their own machines have them.',
  query: paging,
  reply: RolePage,
});

export const getRole = read({
  path: '/roles/:name',
  params: { name: RoleName },
  access: 'viewer',
  tag: 'cluster',
  summary: 'One role, as it was loaded',
  reply: Role,
});

export const roleHosts = read({
  path: '/roles/:name/hosts',
  params: { name: RoleName },
  access: 'viewer',
  lent: 'shown',
  tag: 'cluster',
  summary: 'The machines that have a role, or should',
  query: {
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000, description: 'Default 100.' })),
    cursor: paging.cursor,
  },
  reply: RoleHostPage,
});
