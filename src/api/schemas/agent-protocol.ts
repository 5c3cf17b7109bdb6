/**
 * What an agent and a station say to each other over the WebSocket at `/api/v1/agent`: one JSON
 * object a message.
 *
 * The agent speaks first (`hello`), the station answers `welcome` or closes with a reason. Then the
 * agent reports `node-up` when a fact has changed and sends a `heartbeat` in the interval it was
 * told. Either side ignores fields it does not know, so that agents and stations of neighbouring
 * versions understand each other.
 */

import { Type } from 'typebox';
import type { Static } from 'typebox';

/** Grows when a message changes in a way that the other side cannot ignore. */
export const agentProtocol = 1;
/** Versions this side still speaks. */
export const agentProtocolsSpoken = { from: 1, to: 1 } as const;

/**
 * What every agent must say of its host; the rest has defaults, so that older agents are
 * understood.
 */
export const ReportedFacts = Type.Object({
  agent: Type.String({
    minLength: 1,
    maxLength: 64,
    description: 'Random id made on the first start.',
  }),
  memory_mib: Type.Integer({ minimum: 0 }),
  cpus: Type.Integer({ minimum: 1, maximum: 65_536 }),
  address: Type.Optional(Type.String({ maxLength: 256 })),
  lnid: Type.Optional(Type.String({ maxLength: 256 })),
  interfaces: Type.Optional(
    Type.Array(
      Type.Object({
        name: Type.String({ maxLength: 64 }),
        address: Type.String({ maxLength: 64 }),
      }),
      { maxItems: 256 },
    ),
  ),
  kernel: Type.Optional(Type.String({ maxLength: 256 })),
  boot_id: Type.Optional(Type.String({ maxLength: 64 })),
  version: Type.Optional(Type.String({ maxLength: 64 })),
});

const fqdn = Type.String({
  maxLength: 253,
  pattern: '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$',
});

export const Hello = Type.Object({
  type: Type.Literal('hello'),
  protocol: Type.Integer(),
  fqdn,
});
export const NodeUpReport = Type.Object({
  type: Type.Literal('node-up'),
  /** Chosen by the agent; the answer carries it. */
  id: Type.Integer(),
  fqdn,
  facts: ReportedFacts,
});
/** What a process does; sent whenever it changes, and for every process after a full assignment. */
export const ProcessReport = Type.Object({
  type: Type.Literal('process'),
  id: Type.Integer(),
  fid: Type.String({ pattern: '^0x[0-9a-f]{1,16}:0x[0-9a-f]{1,13}$' }),
  /** Of the order that it is about. */
  generation: Type.Integer({ minimum: 0 }),
  state: Type.Union([
    Type.Literal('starting'),
    Type.Literal('online'),
    Type.Literal('stopping'),
    Type.Literal('exited'),
    Type.Literal('refused'),
  ]),
  pid: Type.Union([Type.Integer({ minimum: 1 }), Type.Null()]),
  reason: Type.String({ maxLength: 1024 }),
});
export const Heartbeat = Type.Object({ type: Type.Literal('heartbeat') });

export const AgentMessage = Type.Union([Hello, NodeUpReport, ProcessReport, Heartbeat]);

export const Welcome = Type.Object({
  type: Type.Literal('welcome'),
  protocol: Type.Integer(),
  /** Version of the station's software. */
  version: Type.String(),
  /** Ms between heartbeats. */
  heartbeat_ms: Type.Integer(),
});
/** The report is durable (or said nothing new). */
export const Taken = Type.Object({
  type: Type.Literal('taken'),
  id: Type.Integer(),
  revision: Type.Integer(),
});
/** The report was refused. */
export const Refused = Type.Object({
  type: Type.Literal('refused'),
  id: Type.Integer(),
  code: Type.String(),
  message: Type.String(),
});
/** The interval between heartbeats has changed. */
export const Pace = Type.Object({ type: Type.Literal('pace'), heartbeat_ms: Type.Integer() });

const Limit = Type.Integer({ minimum: 0, description: 'Bytes; 0: none.' });

/** One managed process as its host has to run it. */
export const Assignment = Type.Object({
  fid: Type.String(),
  /** Prefix of its unit and of its environment file. */
  unit: Type.String(),
  /** Grows with every order to start it: each is carried out once. */
  generation: Type.Integer(),
  /** Whether it is to run. */
  run: Type.Boolean(),
  /** Program and arguments; empty: the systemd unit `<unit>@<fid>.service`. */
  command: Type.Array(Type.String()),
  environment: Type.Record(Type.String(), Type.String()),
  /** The same as the text of its environment file. */
  environment_file: Type.String(),
  memory: Type.Object({ as: Limit, rss: Limit, stack: Limit, memlock: Limit }),
  cores: Type.Array(Type.Integer()),
  endpoint: Type.String(),
  ready: Type.Union([
    Type.Object({ kind: Type.Literal('alive'), seconds: Type.Integer() }),
    Type.Object({ kind: Type.Literal('tcp'), port: Type.Integer() }),
    Type.Object({ kind: Type.Literal('http'), url: Type.String() }),
    Type.Object({ kind: Type.Literal('notify') }),
  ]),
  stop_timeout_ms: Type.Integer(),
});

/** What a host has to run: all of it (`full`, after every `node-up`), or what has changed. */
export const Assign = Type.Object({
  type: Type.Literal('assign'),
  full: Type.Boolean(),
  processes: Type.Array(Assignment),
  /** Processes that are removed: stopped, and their files deleted. */
  forget: Type.Array(Type.String()),
});

export const StationMessage = Type.Union([Welcome, Taken, Refused, Pace, Assign]);

/** WebSocket close codes (RFC 6455 §7.4.2: 4000-4999 are private). */
export const closeCodes = {
  unsupportedProtocol: 4000,
  badMessage: 4001,
  notAllowed: 4003,
  claimed: 4009,
} as const;

export type ReportedFacts = Static<typeof ReportedFacts>;
export type ProcessReport = Static<typeof ProcessReport>;
export type Assignment = Static<typeof Assignment>;
export type Assign = Static<typeof Assign>;
export type AgentMessage = Static<typeof AgentMessage>;
export type StationMessage = Static<typeof StationMessage>;
