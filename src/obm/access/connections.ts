/** Console connections: made for whoever is to see a console, used, revoked, and cleaned up after. */

import type { Connection, Viewing } from '../catalogue/connections.ts';
import type { ConsoleMode, ObmEvent } from '../catalogue/events.ts';
import type { Obms } from '../catalogue/obms.ts';
import { connectionsMax, hashOf } from '../gate.ts';
import type { Gate, Pass } from '../gate.ts';
import type { Asker } from '../orders.ts';
import { Paces } from '../paces.ts';
import type { Ticket, Tickets } from './tickets.ts';
import type { Random, Time } from '../time.ts';

export type Add = (event: ObmEvent) => void;
export type Record = <T>(command: string, asker: Asker, decide: (add: Add) => T) => Promise<T>;

export interface ConnectionsParts {
  readonly obms: () => Obms;
  readonly gate: Gate;
  readonly tickets: Tickets;
  readonly time: Time;
  readonly random: Random;
  readonly newId: () => string;
  readonly record: Record;
}

export interface ConnectionWish {
  readonly mode: ConsoleMode;
  /** null: the first that is free. */
  readonly port: number | null;
  readonly lastsMs: number;
  readonly uses: number;
  /** For whom it is, to be shown; null: whoever asks. */
  readonly holder: string | null;
}

export interface MadeConnection {
  readonly connection: Connection;
  /** Shown this once, as is the ticket, which does for the first time. */
  readonly token: string;
  readonly ticket: Ticket;
}

/** Why there is no connection, or nobody is attached by it. */
export class ConnectionError extends Error {
  override readonly name = 'ConnectionError';
  /**
   * - `disabled`: nobody has a token of the OBM, so nobody sees its console
   * - `port-taken`: it is another connection's, or somebody is attached by it
   * - `no-port-left`, `too-many`: of the machine, and of all
   * - `too-often`: they are made, or used, faster than is remembered for ever
   */
  readonly code: 'disabled' | 'port-taken' | 'no-port-left' | 'too-many' | 'too-often';
  constructor(code: ConnectionError['code'], message: string) {
    super(message);
    this.code = code;
  }
}

/** Of all machines. */
const inAllMax = 4_096;
/** Of one machine: each that is made stays in the log for ever. */
const madePace = { burst: 128, everyMs: 2_000, keysMax: 20_000 };
/** Ended in one commit. */
const endedMax = 500;

export class ConsoleConnections {
  readonly #parts: ConnectionsParts;
  readonly #paces: Paces;

  constructor(parts: ConnectionsParts) {
    this.#parts = parts;
    this.#paces = new Paces(parts.time, madePace);
  }

  /**
   * It ends no later than the token of the OBM, and with it.
   *
   * @param pass by which it is made, while it holds; undefined: by the administrator
   * @throws {ConnectionError} it is not made; {ObmError} `limit`
   */
  make(
    label: string,
    wish: ConnectionWish,
    asker: Asker,
    pass: Pass | undefined,
  ): Promise<MadeConnection> {
    const { obms, gate, tickets, time, newId, record } = this.#parts;
    const token = this.#parts.random(16).toString('hex');
    return record('MakeConnection', asker, (add) => {
      const obm = obms().get(label);
      const now = time.now();
      const until = obm?.token ? (obm.token.expires ?? Infinity) : -Infinity;
      if (!obm || until <= now || (pass && !gate.holds(pass)))
        throw new ConnectionError('disabled', `nobody has a token of ${label}; issue one first`);
      if (!this.#paces.take(label))
        throw new ConnectionError('too-often', `too many are made for ${label}; wait a little`);
      const { mode, uses, holder, lastsMs } = wish;
      const port = this.#freePort(label, wish.port, add);
      const made = {
        ...{ label, id: newId(), port, mode, hash: hashOf(token), uses },
        ...{ expires: Math.min(now + lastsMs, until), by: asker.actor },
        holder: holder ?? asker.actor,
      };
      const { epoch } = obm;
      add({ type: 'ConnectionMade', data: { ...made, epoch } });
      // It holds as soon as the connection is there, and nobody is told before that is durable.
      const ticket = tickets.issue({
        pass: { label, epoch, expires: made.expires, connection: made.id },
        principal: made.holder,
        mayWrite: mode === 'read-write',
      });
      return { connection: { ...made, made: now, used: 0, viewing: null }, token, ticket };
    });
  }

  /** Those that are good now. */
  list(label: string): Connection[] {
    return this.#parts
      .obms()
      .connections.of(label)
      .filter((connection) => !this.#isExpired(connection));
  }

  /** The same of all machines. */
  listAll(): Connection[] {
    return [...this.#parts.obms().connections.all()].filter((one) => !this.#isExpired(one));
  }

  /** Who is attached by it is out when this returns. To revoke what is over is a success. */
  revoke(label: string, id: string, asker: Asker): Promise<void> {
    return this.#parts.record('RevokeConnection', asker, (add) => {
      if (this.#parts.obms().connections.get(label, id))
        add({ type: 'ConnectionEnded', data: { label, id, why: 'revoked' } });
    });
  }

  /**
   * That it may be used now.
   *
   * @throws {ConnectionError} `port-taken`
   */
  mustBeFree({ label, connection: id }: Pass): void {
    const connection = id === null ? undefined : this.#parts.obms().connections.get(label, id);
    if (connection?.viewing) throw this.#taken(connection, connection.viewing);
  }

  /** Ends what has expired, some of it. It was good no more before: this makes room. */
  async tidy(asker: Asker): Promise<void> {
    const { record, obms } = this.#parts;
    await record('TidyConnections', asker, (add) => {
      let ended = 0;
      for (const connection of obms().connections.all()) {
        if (ended === endedMax) return;
        if (!this.#isExpired(connection)) continue;
        this.#end(connection, add);
        ended += 1;
      }
    });
  }

  #freePort(label: string, wanted: number | null, add: Add): number {
    const { connections } = this.#parts.obms();
    const taken = new Map<number, Connection>();
    for (const connection of connections.of(label)) {
      if (this.#isExpired(connection)) this.#end(connection, add);
      else taken.set(connection.port, connection);
    }
    if (connections.size >= inAllMax)
      throw new ConnectionError('too-many', `there are ${inAllMax} connections, and no more`);
    const connection = wanted === null ? undefined : taken.get(wanted);
    if (connection) throw this.#taken(connection, connection.viewing);
    const port = wanted ?? firstFree(taken);
    if (port !== null) return port;
    throw new ConnectionError(
      'no-port-left',
      `all ${connectionsMax} ports of ${label} are taken; there are no more`,
    );
  }

  #taken(connection: Connection, viewing: Viewing | null): ConnectionError {
    const { label, port } = connection;
    const ports = new Map(this.list(label).map((one) => [one.port, one]));
    const free = firstFree(ports);
    const by = viewing
      ? `${viewing.principal} is connected from ${viewing.source} since ${at(viewing.since)}`
      : `it is kept for ${connection.holder} until ${at(connection.expires)}`;
    const next = free === null ? 'there are no more ports' : `the next free port is ${free}`;
    return new ConnectionError('port-taken', `port ${port} of ${label} is taken: ${by}; ${next}`);
  }

  #end({ label, id }: Connection, add: Add): void {
    add({ type: 'ConnectionEnded', data: { label, id, why: 'expired' } });
  }

  #isExpired({ expires }: Connection): boolean {
    return this.#parts.time.now() >= expires;
  }
}

const at = (ms: number): string => new Date(ms).toISOString();

const firstFree = (taken: ReadonlyMap<number, unknown>): number | null => {
  for (let port = 1; port <= connectionsMax; port++) if (!taken.has(port)) return port;
  return null;
};
