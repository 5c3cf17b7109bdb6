/** Hosts. */

import { Type } from 'typebox';
import type { Static } from 'typebox';
import { agentMessageBytesMax, ReportedFacts } from './agent-protocol.ts';
import { action, command, read } from './endpoint.ts';
import { Operation } from './operations.ts';
import { Done } from './outcome.ts';
import { page } from './page.ts';
import { paging } from './parameters.ts';
import {
  FidText,
  Fqdn,
  HostState,
  nullable,
  Overrides,
  ProjectName,
  RevisionNumber,
  RoleName,
  strict,
  Timestamp,
} from './values.ts';

export const Missing = Type.Array(
  Type.Object({
    role: RoleName,
    declared: nullable(
      Type.Integer({
        description: 'Processes that the role gave the host; null: an older log does not tell.',
      }),
    ),
    present: Type.Integer({ description: 'Those that are there and stay.' }),
  }),
  {
    description:
      'Declared roles of which processes were removed; the next load of the facts adds them again.',
  },
);

/** Hosts in one report of many: as many as are decided in one turn of the station. */
export const reportedHostsMax = 500;
/** Bytes of such a report. */
export const reportOfHostsBytesMax = 512 * 1024;

/** What is done about a host that was lost. */
export const Recovery = Type.Object({
  attempts: Type.Integer({ description: 'Attempts made.' }),
  attempts_max: nullable(
    Type.Integer({ description: 'Attempts after which it is given up; null: it never is.' }),
  ),
  next: nullable(Timestamp),
  given_up: Type.Boolean({ description: 'It stays down until its agent reports.' }),
  doing: nullable(Type.String({ description: 'The step that is being carried out.' })),
  last: Type.String({ description: 'How the last step ended; empty before.' }),
  held: Type.String({
    description:
      'Why no step is taken although there are some left; empty where nothing holds them.',
  }),
});

/** Somebody works on it, and nothing recovers it. */
export const Maintenance = Type.Object({
  reason: Type.String(),
  by: Type.String({ description: 'Who has said so.' }),
  since: Timestamp,
  until: nullable(Timestamp),
});

export const Host = Type.Object({
  fqdn: Fqdn,
  state: HostState,
  reason: Type.String(),
  since: Timestamp,
  node: nullable(FidText),
  address: nullable(Type.String()),
  lnid: nullable(Type.String()),
  memory_mib: nullable(Type.Integer()),
  cpus: nullable(Type.Integer()),
  kernel: nullable(Type.String()),
  boot_id: nullable(Type.String()),
  agent_version: nullable(Type.String()),
  interfaces: Type.Array(Type.Object({ name: Type.String(), address: Type.String() })),
  enclosure: nullable(Type.String()),
  project: nullable(Type.String()),
  roles: Type.Array(Type.Object({ name: RoleName, overrides: Overrides, pending: Type.Boolean() })),
  problem: Type.String({ description: 'Why a declared role waits; empty where none does.' }),
  missing: Missing,
  refused: Type.Array(Type.String(), {
    description:
      'Agents of other machines that claimed the name; members of projects are told how many, not which.',
  }),
  recovery: nullable(Recovery),
  maintenance: nullable(Maintenance),
  processes: Type.Integer({ description: 'How many processes the host has.' }),
  created: RevisionNumber,
  changed: RevisionNumber,
});

export const HostPage = page(Host);

export const HostBody = Type.Object({ fqdn: Fqdn }, strict);
export const ReportBody = Type.Object(
  {
    hosts: Type.Array(Type.Object({ fqdn: Fqdn, facts: ReportedFacts }, strict), {
      minItems: 1,
      maxItems: reportedHostsMax,
      description: 'Each host once.',
    }),
  },
  strict,
);
export const RenameBody = Type.Object({ to: Fqdn }, strict);

export type Maintenance = Static<typeof Maintenance>;
export type Recovery = Static<typeof Recovery>;
export type Host = Static<typeof Host>;
export type HostBody = Static<typeof HostBody>;
export type ReportBody = Static<typeof ReportBody>;
export type RenameBody = Static<typeof RenameBody>;

const params = { fqdn: Fqdn };

export const listHosts = read({
  path: '/hosts',
  access: 'viewer',
  lent: 'shown',
  tag: 'hosts',
  summary: 'Hosts',
  query: {
    ...paging,
    state: Type.Optional({ ...HostState, description: 'Only hosts in this state.' }),
    project: Type.Optional({ ...ProjectName, description: 'Only hosts that are lent to it.' }),
    maintenance: Type.Optional(
      Type.Boolean({ description: 'true: only hosts that somebody works on; false: only others.' }),
    ),
  },
  reply: HostPage,
});

export const getHost = read({
  path: '/hosts/:fqdn',
  params,
  access: 'viewer',
  lent: 'machine',
  tag: 'hosts',
  summary: 'One host',
  reply: Host,
});

export const addHost = command({
  method: 'POST',
  path: '/hosts',
  access: 'operator',
  tag: 'hosts',
  summary: 'Make a host known before its agent reports',
  body: HostBody,
  reply: Host,
  creates: true,
});

export const renameHost = command({
  method: 'POST',
  path: '/hosts/:fqdn/rename',
  params,
  access: 'operator',
  tag: 'hosts',
  summary: 'Say that a machine got another name',
  description:
    'It stays one host, with its node, its processes, its history and the tokens of its agent. Refused while it is up, ' +
    'because its agent reports under the old name then.',
  body: RenameBody,
  reply: Host,
});

export const removeHost = action({
  method: 'DELETE',
  path: '/hosts/:fqdn',
  params,
  access: 'operator',
  tag: 'hosts',
  summary: 'Remove a host, its node and its processes',
  description:
    'As with a node: what refuses is named, and keeps the host. The tokens of its agent stop working; with a new one ' +
    'its next report makes a new host.',
  reply: Operation,
});

export const reportFacts = command({
  method: 'PUT',
  path: '/hosts/:fqdn/facts',
  params,
  repeat: 'as-it-is',
  access: 'agent',
  tag: 'hosts',
  summary: 'Report that a host is up, and what it is like',
  description:
    'What an agent does over its WebSocket, for hosts that report by other means. What a report ' +
    'does not say is as it was; ' +
    'the first one names the address, unless it comes from there. No heartbeat is expected of such ' +
    'a host until an agent of it connects or the station restarts; from then on silence makes it down.',
  body: ReportedFacts,
  bodyBytesMax: agentMessageBytesMax,
  reply: Done,
});

export const reportFactsOfHosts = command({
  method: 'POST',
  path: '/facts',
  access: 'agent',
  tag: 'hosts',
  summary: 'Report that many hosts are up, and what they are like',
  description:
    'As a report of each of them would, in one request and one commit: for fleets without agents. All of them or none: ' +
    'the first host that is refused is named by its place in the body (`field`: `hosts[3].fqdn`), and nothing of the ' +
    'request is kept. The first report of a host names its address. What is right already changes nothing.',
  body: ReportBody,
  bodyBytesMax: reportOfHostsBytesMax,
  reply: Done,
});
