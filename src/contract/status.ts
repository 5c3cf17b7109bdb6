/** The cluster at a glance. */

import { Type } from 'typebox';
import type { Static } from 'typebox';
import { read } from './endpoint.ts';
import { Maintenance, Missing, Recovery } from './hosts.ts';
import { Service } from './processes.ts';
import {
  FidText,
  Fqdn,
  HostState,
  nullable,
  Ownership,
  ProcessState,
  RevisionNumber,
  RoleName,
  Timestamp,
} from './values.ts';

export const StatusProcess = Type.Object({
  fid: FidText,
  name: Type.String(),
  role: RoleName,
  ownership: Ownership,
  endpoint: Type.String(),
  state: ProcessState,
  reason: Type.String(),
  services: Type.Array(Service),
});

export const StatusHost = Type.Object({
  fqdn: Fqdn,
  state: HostState,
  reason: Type.String(),
  since: Timestamp,
  node: nullable(FidText),
  problem: Type.String(),
  missing: Missing,
  recovery: nullable(Recovery),
  maintenance: nullable(Maintenance),
  processes: Type.Array(StatusProcess),
});

export const Status = Type.Object({
  revision: RevisionNumber,
  at: Timestamp,
  cluster: nullable(
    Type.String({ description: 'Name of the cluster; null before facts are loaded.' }),
  ),
  wanted: nullable(
    Type.String({ description: 'online or offline; null: it was neither started nor stopped.' }),
  ),
  profile: nullable(Type.Object({ fid: FidText, name: Type.String() })),
  pools: Type.Array(Type.Object({ fid: FidText, name: Type.String() })),
  counts: Type.Object({
    hosts: Type.Record(Type.String(), Type.Integer()),
    processes: Type.Record(Type.String(), Type.Integer()),
  }),
  hosts: Type.Array(StatusHost),
  delta: Type.Optional(
    Type.Object(
      {
        since: RevisionNumber,
        gone: Type.Array(Fqdn, { description: 'Hosts that are not in the list any more.' }),
      },
      {
        description:
          'There where `since` was asked for and the station knows: `hosts` are only those that may have changed. ' +
          'Absent: all.',
      },
    ),
  ),
});

export type StatusProcess = Static<typeof StatusProcess>;
export type StatusHost = Static<typeof StatusHost>;
export type Status = Static<typeof Status>;

export const status = read({
  path: '/status',
  access: 'viewer',
  lent: 'shown',
  tag: 'cluster',
  summary: 'The cluster at a glance',
  query: {
    host: Type.Optional(Type.String({ description: 'Only this host.' })),
    problems: Type.Optional(Type.Boolean({ description: 'Only what needs attention.' })),
    summary: Type.Optional(Type.Boolean({ description: 'Only the counts.' })),
    since: Type.Optional(
      Type.Integer({
        minimum: 0,
        description:
          'The revision of a status that was read before, with the same `problems`: only hosts that may have changed. ' +
          'Where the station does not know, all of it. Not with `at` or `host`.',
      }),
    ),
  },
  reply: Status,
});
