/** The client: sessions with any number of BMCs over few sockets. */

import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { IpmiError } from './errors.ts';
import type { AuthenticationCapabilities } from './commands/session.ts';
import { encodePing } from './packet/rmcp.ts';
import { ask } from './session/ask.ts';
import type { Waiting } from './session/ask.ts';
import { askCapabilities } from './session/handshake.ts';
import { Lines } from './session/lines.ts';
import type { Arrival, Line } from './session/lines.ts';
import { openSession } from './session/session.ts';
import type { Session } from './session/session.ts';
import { settingsOf } from './session/settings.ts';
import type { SessionOptions } from './session/settings.ts';
import { systemRandom, systemTime, usualPatience } from './time.ts';
import type { Patience, Random, Time } from './time.ts';
import { openUdpSocket } from './udp.ts';
import type { OpenSocket } from './udp.ts';

export interface IpmiOptions {
  /** Sessions at a time, those being opened included: 4096 unless said. */
  readonly sessionsMax?: number;
  /** How many of them share a socket: 1024 unless said. */
  readonly sessionsPerSocket?: number;
  readonly time?: Time;
  /** Has to be unpredictable wherever it is not a trial. */
  readonly random?: Random;
  readonly openSocket?: OpenSocket;
  /** The IP address of a host by its name. */
  readonly resolve?: (host: string) => Promise<string>;
}

export interface Place {
  readonly host: string;
  /** UDP port, 623 unless said. */
  readonly port?: number;
  readonly patience?: Patience;
}

export interface Presence {
  /** Whether whoever answers speaks IPMI. */
  readonly speaksIpmi: boolean;
}

export interface Ipmi {
  /** The presence ping of ASF: whether anybody is there. Rejects with `no-answer`. */
  ping(place: Place): Promise<Presence>;
  /** What a BMC says of itself before one has proven who one is. */
  capabilities(place: Place): Promise<AuthenticationCapabilities>;
  /** Opens a session. Rejects with one of the reasons of `IpmiError`. */
  open(options: SessionOptions): Promise<Session>;
  /** Sessions that are open or being opened, and packets that were no good to anybody. */
  readonly counts: {
    readonly sessions: number;
    readonly sockets: number;
    readonly dropped: number;
  };
  /** Closes all sessions, and then the sockets. */
  close(): Promise<void>;
}

const resolveByDns = async (host: string): Promise<string> => (await lookup(host)).address;

class Client implements Ipmi {
  readonly #time: Time;
  readonly #random: Random;
  readonly #lines: Lines;
  readonly #resolve: (host: string) => Promise<string>;
  readonly #sessions = new Set<Session>();

  constructor(options: IpmiOptions) {
    this.#time = options.time ?? systemTime;
    this.#random = options.random ?? systemRandom;
    this.#resolve = options.resolve ?? resolveByDns;
    this.#lines = new Lines(options.openSocket ?? openUdpSocket, this.#random, {
      linesMax: options.sessionsMax ?? 4096,
      linesPerSocket: options.sessionsPerSocket ?? 1024,
    });
  }

  get counts(): Ipmi['counts'] {
    const { open: sessions, sockets, dropped } = this.#lines;
    return { sessions, sockets, dropped };
  }

  ping(place: Place): Promise<Presence> {
    return this.#briefly(place, (line, waiting) => {
      // 255 is for those that want no answer.
      const tag = this.#random(1).readUInt8(0) % 255;
      const accept = (arrival: Arrival): Presence | undefined =>
        arrival.kind === 'pong' && arrival.pong.tag === tag
          ? { speaksIpmi: arrival.pong.speaksIpmi }
          : undefined;
      return ask(line, encodePing({ tag }), accept, waiting);
    });
  }

  capabilities(place: Place): Promise<AuthenticationCapabilities> {
    return this.#briefly(place, (line, waiting) => askCapabilities(line, 'user', waiting));
  }

  async open(options: SessionOptions): Promise<Session> {
    const settings = settingsOf(options);
    const line = await this.#lineTo(settings.host, settings.port);
    const surroundings = { time: this.#time, random: this.#random };
    const session = await openSession(line, settings, surroundings);
    this.#sessions.add(session);
    void session.ended.then(() => this.#sessions.delete(session));
    return session;
  }

  async close(): Promise<void> {
    await Promise.all([...this.#sessions].map((session) => session.close()));
    this.#lines.close();
  }

  async #lineTo(host: string, port: number): Promise<Line> {
    let address = host;
    if (isIP(host) === 0) {
      address = await this.#resolve(host).catch((cause: unknown) => {
        throw new IpmiError('network', 'the name of the BMC has no address', { cause });
      });
    }
    return this.#lines.line({ address, port });
  }

  async #briefly<T>(place: Place, use: (line: Line, waiting: Waiting) => Promise<T>): Promise<T> {
    const patience = place.patience ?? usualPatience;
    const line = await this.#lineTo(place.host, place.port ?? 623);
    try {
      return await use(line, { time: this.#time, random: this.#random, patience });
    } finally {
      line.close();
    }
  }
}

/** A client of its own; close it, or its sockets keep the process alive. */
export const createIpmi = (options: IpmiOptions = {}): Ipmi => new Client(options);
