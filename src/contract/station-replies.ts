/** What the station answers about itself and its agents. */

import { Type } from 'typebox';
import type { Static } from 'typebox';
import { page } from './replies.ts';
import { HostState, nullable, RevisionNumber, Timestamp } from './values.ts';

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
  commits: Type.Integer({ description: 'Since this station started.' }),
  commits_per_second: Type.Number({ description: 'Over the last ten seconds.' }),
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

export const StationInfo = Type.Object({
  version: Type.String(),
  pid: Type.Integer(),
  node: Type.String({ description: 'Version of Node.js.' }),
  started: Timestamp,
  uptime_seconds: Type.Integer(),
  directory: Type.String(),
  head: RevisionNumber,
  waiting: Type.Integer({ description: 'Commits decided and not durable yet.' }),
  durability: Type.String(),
  log_bytes: Type.Integer(),
  snapshots: Type.Integer(),
  last_snapshot: nullable(RevisionNumber),
  hosts: Type.Integer(),
  processes: Type.Integer(),
  agents_connected: Type.Integer(),
  memory_bytes: Type.Integer({ description: 'Resident.' }),
});

/** The agent of a host, as this station hears of it. */
export const Agent = Type.Object({
  host: Type.String(),
  connected: Type.Boolean(),
  version: nullable(Type.String({ description: 'As last reported.' })),
  protocol: nullable(Type.String({ description: 'Of the open connection, as in `1.2`.' })),
  heard: nullable(
    Type.Integer({
      description:
        'When it was last heard from, ms since the epoch; null: not since the station started.',
    }),
  ),
  state: HostState,
  traces: Type.Boolean({ description: 'Whether it is told to log all that it does.' }),
});
export const AgentPage = page(Agent);

export type LogInfo = Static<typeof LogInfo>;
export type EngineInfo = Static<typeof EngineInfo>;
export type Sequences = Static<typeof Sequences>;
export type StationInfo = Static<typeof StationInfo>;
export type Agent = Static<typeof Agent>;
