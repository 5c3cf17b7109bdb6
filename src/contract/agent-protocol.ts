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
/**
 * Grows with messages that the other side may ignore, and that nobody sends to a side which does
 * not know them. A side that does not say it has 0.
 *
 * - 1: output of processes.
 * - 2: traces.
 * - 3: hosts that shut down.
 * - 4: the term of the station that leads.
 */
export const agentProtocolMinor = 4;
/** An agent's report is small; anything larger is not one. Bytes. */
export const agentMessageBytesMax = 64 * 1024;
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
  minor: Type.Optional(Type.Integer({ minimum: 0 })),
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
/** The host goes down, and the agent with it. An agent that only ends says nothing. */
export const ShuttingDown = Type.Object({
  type: Type.Literal('shutting-down'),
  id: Type.Integer(),
});

/**
 * A piece of a process's output, in answer to one `output-open` (an empty one, at once) or one
 * `output-next`: so no side ever holds more than one.
 */
export const Output = Type.Object({
  type: Type.Literal('output'),
  id: Type.Integer(),
  /** `note`: no output, but what happened there and then, in words. */
  channel: Type.Union([Type.Literal('stdout'), Type.Literal('stderr'), Type.Literal('note')]),
  /** Base64. */
  data: Type.String({ maxLength: 48 * 1024 }),
});
/** There is no more, in place of a piece. */
export const OutputEnd = Type.Object({
  type: Type.Literal('output-end'),
  id: Type.Integer(),
  code: Type.Union([
    /** All has been said. */
    Type.Literal('done'),
    /** The agent has too many viewers. */
    Type.Literal('busy'),
    Type.Literal('unreadable'),
  ]),
  message: Type.String({ maxLength: 1024 }),
});

export const AgentMessage = Type.Union([
  Hello,
  NodeUpReport,
  ProcessReport,
  Heartbeat,
  ShuttingDown,
  Output,
  OutputEnd,
]);

export const Welcome = Type.Object({
  type: Type.Literal('welcome'),
  protocol: Type.Integer(),
  minor: Type.Optional(Type.Integer({ minimum: 0 })),
  /** Version of the station's software. */
  version: Type.String(),
  /** Ms between heartbeats. */
  heartbeat_ms: Type.Integer(),
  /** Of which cluster the station is, and in which term it leads; older stations say neither. */
  cluster: Type.Optional(Type.String({ pattern: '^[0-9a-f]{8}$' })),
  term: Type.Optional(Type.Integer({ minimum: 1 })),
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

/**
 * What a host has to run: all of it (`full`, after the first `node-up` of a connection and each that says something
 * new), or what has changed.
 */
export const Assign = Type.Object({
  type: Type.Literal('assign'),
  full: Type.Boolean(),
  processes: Type.Array(Assignment),
  /** Processes that are removed: stopped, and their files deleted. */
  forget: Type.Array(Type.String()),
});

/** Asks for what a process has written. `id` is the station's, of this connection. */
export const OutputOpen = Type.Object({
  type: Type.Literal('output-open'),
  id: Type.Integer(),
  fid: Type.String(),
  /** How many lines to begin with; null: all that are kept. */
  lines: Type.Union([Type.Integer({ minimum: 0 }), Type.Null()]),
  follow: Type.Boolean(),
  channels: Type.Array(Type.Union([Type.Literal('stdout'), Type.Literal('stderr')])),
});
/** Asks for one more piece. */
export const OutputNext = Type.Object({ type: Type.Literal('output-next'), id: Type.Integer() });
/** Nobody wants it any more. */
export const OutputClose = Type.Object({ type: Type.Literal('output-close'), id: Type.Integer() });

/** Whether the agent is to log all that it does. */
export const Trace = Type.Object({ type: Type.Literal('trace'), enabled: Type.Boolean() });

export const StationMessage = Type.Union([
  Welcome,
  Taken,
  Refused,
  Pace,
  Assign,
  OutputOpen,
  OutputNext,
  OutputClose,
  Trace,
]);

/** WebSocket close codes (RFC 6455 §7.4.2: 4000-4999 are private). */
export const closeCodes = {
  unsupportedProtocol: 4000,
  badMessage: 4001,
  notAllowed: 4003,
  claimed: 4009,
  /** Said by the agent: it has heard of a later term. */
  staleTerm: 4010,
} as const;

export type ReportedFacts = Static<typeof ReportedFacts>;
export type ProcessReport = Static<typeof ProcessReport>;
export type Assignment = Static<typeof Assignment>;
export type Assign = Static<typeof Assign>;
export type Output = Static<typeof Output>;
export type OutputEnd = Static<typeof OutputEnd>;
export type OutputOpen = Static<typeof OutputOpen>;
export type AgentMessage = Static<typeof AgentMessage>;
export type StationMessage = Static<typeof StationMessage>;
