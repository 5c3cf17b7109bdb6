/**
 * The agent's side of the contract with stations. Messages are read by hand rather than with the
 * schemas: there are few of them, and an idle agent should not carry a schema compiler in its
 * memory.
 */

import type * as contract from '../client/agent-protocol.ts';
import type { Assignment, OutputOpen, StationMessage } from '../client/agent-protocol.ts';
import { clusterPattern } from '../disk/heard-terms.ts';

export type {
  AgentMessage,
  Assign,
  OutputOpen,
  ProcessReport,
  ReportedFacts,
  StationMessage,
} from '../client/agent-protocol.ts';

// Typed by the contract, so that these values cannot differ from it and still compile.
export const agentProtocol: typeof contract.agentProtocol = 1;
export const agentProtocolMinor: typeof contract.agentProtocolMinor = 4;
export const agentProtocolsSpoken: typeof contract.agentProtocolsSpoken = { from: 1, to: 1 };
export const closeCodes: typeof contract.closeCodes = {
  unsupportedProtocol: 4000,
  badMessage: 4001,
  notAllowed: 4003,
  claimed: 4009,
  staleTerm: 4010,
};

/** Where agents connect, beneath the URL of a station. */
export const agentPath = 'api/v1/agent';

/** Largest message taken from a station. */
export const messageBytesMax = 16 * 1024 * 1024;

/** A station's interval is kept within these bounds, whatever it says. */
export const heartbeatMsBounds = { min: 100, max: 3_600_000 } as const;

export class MalformedMessage extends Error {
  override readonly name = 'MalformedMessage';
}

/**
 * Reads what a station sent.
 *
 * @returns undefined for a message of a type that this agent does not know: a newer station's, to
 *   be ignored
 * @throws MalformedMessage where it is not a message of the contract
 */
export function readStationMessage(text: string): StationMessage | undefined {
  const fields = new Fields(parsed(text));
  switch (fields.text('type')) {
    case 'welcome':
      return {
        type: 'welcome',
        protocol: fields.integer('protocol'),
        ...(fields.has('minor') ? { minor: fields.integer('minor') } : {}),
        version: fields.text('version'),
        heartbeat_ms: fields.integer('heartbeat_ms'),
        ...(fields.has('term')
          ? { term: fields.term('term'), cluster: fields.cluster('cluster') }
          : {}),
      };
    case 'taken':
      return { type: 'taken', id: fields.integer('id'), revision: fields.integer('revision') };
    case 'refused':
      return {
        type: 'refused',
        id: fields.integer('id'),
        code: fields.text('code'),
        message: fields.text('message'),
      };
    case 'pace':
      return { type: 'pace', heartbeat_ms: fields.integer('heartbeat_ms') };
    case 'assign':
      return {
        type: 'assign',
        full: fields.flag('full'),
        processes: fields.list('processes').map(readAssignment),
        forget: fields.list('forget').map(String),
      };
    case 'output-open':
      return readOutputOpen(fields);
    case 'output-next':
      return { type: 'output-next', id: fields.integer('id') };
    case 'output-close':
      return { type: 'output-close', id: fields.integer('id') };
    case 'trace':
      return { type: 'trace', enabled: fields.flag('enabled') };
    default:
      return undefined;
  }
}

function readOutputOpen(fields: Fields): OutputOpen {
  return {
    type: 'output-open',
    id: fields.integer('id'),
    fid: fields.text('fid'),
    lines: fields.has('lines') ? fields.integer('lines') : null,
    follow: fields.flag('follow'),
    // A channel that only a newer agent has is left out.
    channels: fields
      .list('channels')
      .filter((channel) => channel === 'stdout' || channel === 'stderr'),
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new MalformedMessage('a message of the station is not JSON');
  }
}

/** What is carried out is checked once more by the supervision: fids, units and commands. */
function readAssignment(value: unknown): Assignment {
  const fields = new Fields(value);
  fields.text('fid');
  fields.text('unit');
  fields.integer('generation');
  fields.flag('run');
  fields.list('command');
  fields.text('environment_file');
  return value as Assignment;
}

const isCluster = new RegExp(clusterPattern);

class Fields {
  readonly #values: Readonly<Record<string, unknown>>;

  constructor(value: unknown) {
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      throw new MalformedMessage('a message of the station is not a JSON object');
    this.#values = value as Record<string, unknown>;
  }

  /** Whether it is said; null is not. */
  has(name: string): boolean {
    return (this.#values[name] ?? null) !== null;
  }

  text(name: string): string {
    const value = this.#values[name];
    if (typeof value === 'string') return value;
    throw new MalformedMessage(`"${name}" of a message of the station is not a string`);
  }

  flag(name: string): boolean {
    const value = this.#values[name];
    if (typeof value === 'boolean') return value;
    throw new MalformedMessage(`"${name}" of a message of the station is not true or false`);
  }

  list(name: string): readonly unknown[] {
    const value = this.#values[name];
    if (Array.isArray(value)) return value;
    throw new MalformedMessage(`"${name}" of a message of the station is not a list`);
  }

  integer(name: string): number {
    const value = this.#values[name];
    if (Number.isInteger(value)) return value as number;
    throw new MalformedMessage(`"${name}" of a message of the station is not a whole number`);
  }

  term(name: string): number {
    const value = this.integer(name);
    if (value >= 1 && Number.isSafeInteger(value)) return value;
    throw new MalformedMessage(`"${name}" of a message of the station is not a term`);
  }

  cluster(name: string): string {
    const value = this.text(name);
    if (isCluster.test(value)) return value;
    throw new MalformedMessage(`"${name}" of a message of the station is not a cluster`);
  }
}
