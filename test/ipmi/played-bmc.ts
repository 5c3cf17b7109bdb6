/**
 * A BMC of our own over real UDP, for what `ipmi_sim` cannot do: suites of SHA-256, trustworthy
 * limits of privilege, slow, double and missing answers. It counts what it carries out.
 */

import { randomBytes } from 'node:crypto';
import { createSocket } from 'node:dgram';
import type { RemoteInfo, Socket } from 'node:dgram';
import type { Test } from 'tap';
import { keysOf, rakp2Code, rakp3Code, rakp4Code } from '../../src/ipmi/crypto/key-exchange.ts';
import type { Exchange } from '../../src/ipmi/crypto/key-exchange.ts';
import { Protection } from '../../src/ipmi/crypto/protection.ts';
import { suites } from '../../src/ipmi/crypto/suites.ts';
import type { Suite } from '../../src/ipmi/crypto/suites.ts';
import { decodeRequest, encodeResponse } from '../../src/ipmi/packet/message.ts';
import type { RequestMessage } from '../../src/ipmi/packet/message.ts';
import {
  decodeOpenSessionRequest,
  encodeOpenSessionResponse,
} from '../../src/ipmi/packet/open-session.ts';
import { decodeRakp1, decodeRakp3, encodeRakp2, encodeRakp4 } from '../../src/ipmi/packet/rakp.ts';
import { decodeRmcp, encodePong } from '../../src/ipmi/packet/rmcp.ts';
import {
  decodeFrame,
  encodeSessionless,
  encodeSetup,
  payloads,
} from '../../src/ipmi/packet/session-header.ts';
import type { Framed } from '../../src/ipmi/packet/session-header.ts';
import { SequenceWindow } from '../../src/ipmi/session/sequence-window.ts';
import type { SessionOptions } from '../../src/ipmi/index.ts';
import { patient } from './simulator.ts';

interface User {
  readonly password: string;
  /** 2 user, 3 operator, 4 administrator. */
  readonly privilege: number;
}

export interface Answer {
  readonly completion?: number;
  readonly data?: Buffer;
}

/** What is done about a command; null for no answer. */
export type Handler = (data: Buffer, session: PlayedSession) => Answer | null;

export interface Behaviour {
  users: Record<string, User>;
  suites: number[];
  kg: Buffer | null;
  sessionsMax: number;
  /** What it grants in the Open Session Response; what was asked for unless said. */
  granted: number | null;
  /** The status of every Open Session Response. */
  openStatus: number | null;
  /** Payloads of RAKP 2 and 4 are said to be longer than they are. */
  overstatesPayloads: boolean;
  /** Codes are computed as if users were looked up by name and role. */
  ignoresLookup: boolean;
  /** Whether packets leave: by what they hold, and the number of packets before. */
  delivers: (bytes: Buffer, number: number) => Buffer[];
  /** Delay of every answer, ms. */
  delayMs: number;
}

export interface PlayedSession {
  readonly id: number;
  readonly console: number;
  readonly user: string;
  readonly protection: Protection;
  readonly place: RemoteInfo;
  readonly window: SequenceWindow;
  sequence: number;
  privilege: number;
}

interface Opening {
  readonly suite: Suite;
  readonly console: number;
  readonly privilege: number;
  exchange: Exchange | null;
  user: string;
}

export const playedGuid = Buffer.from('a0a1a2a3a4a5a6a7a8a9aaabacadaeaf', 'hex');
const usualUsers: Behaviour['users'] = {
  admin: { password: 'secret', privilege: 4 },
  operator: { password: 'operpw', privilege: 3 },
  guest: { password: 'guestpw', privilege: 2 },
};
/** What a command needs, where that is not 2. */
const needed: Readonly<Record<string, number>> = { '0/2': 3, '0/4': 3, '0/8': 3, '10/71': 3 };

export class PlayedBmc {
  readonly behaviour: Behaviour;
  /** What was carried out, `netFn/code`, with its data in hexadecimal digits. */
  readonly executed: string[] = [];
  readonly sessions = new Map<number, PlayedSession>();
  /** By `netFn/code`. */
  readonly handlers = new Map<string, Handler>();
  /** What comes for the console. */
  onSol: (payload: Buffer, session: PlayedSession) => void = () => undefined;
  on = false;
  readonly #socket: Socket;
  readonly #opening = new Map<number, Opening>();
  #ids = 1000;
  #sent = 0;

  constructor(socket: Socket, behaviour: Partial<Behaviour>) {
    this.#socket = socket;
    this.behaviour = {
      ...{ users: usualUsers, suites: [17, 3], kg: null, sessionsMax: 8, granted: null },
      ...{ openStatus: null, overstatesPayloads: false, ignoresLookup: false, delayMs: 0 },
      delivers: (bytes) => [bytes],
      ...behaviour,
    };
    socket.on('message', (bytes, place) => this.#arrived(bytes, place));
    this.#playCommands();
  }

  get port(): number {
    return this.#socket.address().port;
  }

  options(more: Partial<SessionOptions> = {}): SessionOptions {
    const place = { host: '127.0.0.1', port: this.port, user: 'admin', password: 'secret' };
    return { ...place, patience: patient, ...more };
  }

  /** How often a command was carried out. */
  count(command: string): number {
    return this.executed.filter((one) => one.startsWith(`${command} `)).length;
  }

  sendSol(session: PlayedSession, payload: Buffer): void {
    this.#sendIn(session, payloads.sol, payload);
  }

  #playCommands(): void {
    const { handlers } = this;
    handlers.set('6/1', () => ({ data: Buffer.from('20010102021f9112000f00', 'hex') }));
    handlers.set('6/55', () => ({ data: playedGuid }));
    handlers.set('6/59', ([wanted = 0], session) => {
      const most = this.behaviour.users[session.user]?.privilege ?? 0;
      if (wanted > most) return { completion: 0x80 };
      if (wanted > 0) session.privilege = wanted;
      return { data: Buffer.of(session.privilege) };
    });
    handlers.set('6/60', (data) => {
      this.sessions.delete(data.readUInt32LE(0));
      return {};
    });
    handlers.set('0/1', () => ({ data: Buffer.of(this.on ? 1 : 0, 0, 0) }));
    handlers.set('0/2', ([action]) => {
      if (action === 0 || action === 5) this.on = false;
      if (action === 1 || action === 2) this.on = true;
      return {};
    });
  }

  #arrived(bytes: Buffer, place: RemoteInfo): void {
    try {
      const rmcp = decodeRmcp(bytes);
      if (rmcp.kind === 'ping')
        return this.#send(encodePong({ tag: rmcp.ping.tag, speaksIpmi: true }), place);
      if (rmcp.kind === 'pong') return;
      const frame = decodeFrame(rmcp.body);
      if (frame.kind === 'sessionless') this.#sessionless(frame.message, place);
      else if (frame.head.session === 0) this.#setUp(frame, place);
      else this.#inSession(frame, place);
    } catch {
      // As a BMC does with what is no good.
    }
  }

  #sessionless(message: Buffer, place: RemoteInfo): void {
    const request = decodeRequest(message);
    this.executed.push(`${request.netFn}/${request.code} ${request.data.toString('hex')}`);
    // Get Channel Cipher Suites is never answered, as by many a BMC.
    if (request.code !== 0x38) return;
    const data = Buffer.of(1, 0x80, this.behaviour.kg === null ? 0x04 : 0x24, 0x03, 0, 0, 0, 0);
    this.#send(encodeSessionless(encodeResponse({ ...request, completion: 0, data })), place);
  }

  #setUp({ head, payload }: Framed, place: RemoteInfo): void {
    if (head.payload === payloads.openSessionRequest) this.#open(payload, place);
    else if (head.payload === payloads.rakp1) this.#prove(payload, place);
    else if (head.payload === payloads.rakp3) this.#confirm(payload, place);
  }

  #open(payload: Buffer, place: RemoteInfo): void {
    const { tag, console, privilege: asked, algorithms } = decodeOpenSessionRequest(payload);
    // Who asks for 0 asks for the highest that there is.
    const privilege = asked === 0 ? 4 : asked;
    const suite = Object.values(suites).find(
      (one) =>
        JSON.stringify(one.algorithms) === JSON.stringify(algorithms) &&
        this.behaviour.suites.includes(one.id),
    );
    const isFull = this.sessions.size >= this.behaviour.sessionsMax;
    const status = this.behaviour.openStatus ?? (suite === undefined ? 0x11 : isFull ? 0x01 : 0);
    const answer = (opened?: object): void =>
      this.#answer(
        payloads.openSessionResponse,
        encodeOpenSessionResponse({ tag, status, console, ...opened }),
        place,
      );
    if (status !== 0 || suite === undefined) return answer();
    const bmc = ++this.#ids;
    this.#opening.set(bmc, { suite, console, privilege, exchange: null, user: '' });
    answer({ opened: { privilege: this.behaviour.granted ?? privilege, bmc, algorithms } });
  }

  #prove(payload: Buffer, place: RemoteInfo): void {
    const { tag, bmc, random, role, user } = decodeRakp1(payload);
    const opening = this.#opening.get(bmc);
    if (opening === undefined) return;
    const { console, suite } = opening;
    const known = this.behaviour.users[user.toString()];
    const refuse = (status: number): void =>
      this.#answer(payloads.rakp2, encodeRakp2({ tag, status, console }), place);
    if (known === undefined) return refuse(0x0d);
    if ((role & 0x0f) > known.privilege) return refuse(0x0a);
    opening.user = user.toString();
    opening.exchange = {
      ...{ suite, console, bmc, consoleRandom: Buffer.from(random), guid: playedGuid },
      ...{ user: Buffer.from(user), password: Buffer.from(known.password) },
      bmcRandom: randomBytes(16),
      role: this.behaviour.ignoresLookup ? role & 0x0f : role,
      kg: this.behaviour.kg,
    };
    const { bmcRandom, guid } = opening.exchange;
    const code = rakp2Code(opening.exchange);
    const message = encodeRakp2({ tag, status: 0, console, random: bmcRandom, guid, code });
    this.#answer(payloads.rakp2, message, place);
  }

  #confirm(payload: Buffer, place: RemoteInfo): void {
    const { tag, bmc, status, code } = decodeRakp3(payload);
    const opening = this.#opening.get(bmc);
    const exchange = opening?.exchange ?? null;
    if (opening === undefined || exchange === null) return;
    const { console, suite, user } = opening;
    if (status !== 0) return void this.#opening.delete(bmc);
    const refuse = (): void =>
      this.#answer(payloads.rakp4, encodeRakp4({ tag, status: 0x0f, console }), place);
    if (!code.equals(rakp3Code(exchange))) return refuse();
    const keys = keysOf(exchange);
    const message = { tag, status: 0, console, code: rakp4Code(exchange, keys) } as const;
    this.#answer(payloads.rakp4, encodeRakp4(message), place);
    if (this.sessions.has(bmc)) return;
    const protection = new Protection(suite, keys, randomBytes);
    const window = new SequenceWindow();
    const session = {
      id: bmc,
      console,
      user,
      protection,
      place,
      window,
      sequence: 0,
      privilege: 2,
    };
    this.sessions.set(bmc, session);
  }

  #inSession(framed: Framed, place: RemoteInfo): void {
    const session = this.sessions.get(framed.head.session);
    const payload = session?.protection.open(framed);
    if (session === undefined || payload === undefined) return;
    if (session.place.port !== place.port || !session.window.admit(framed.head.sequence)) return;
    if (framed.head.payload === payloads.sol) return this.onSol(payload, session);
    this.#carryOut(decodeRequest(payload), session);
  }

  #carryOut(request: RequestMessage, session: PlayedSession): void {
    const command = `${request.netFn}/${request.code}`;
    let answer: Answer | null = { completion: 0xc1 };
    if (session.privilege < (needed[command] ?? 2)) answer = { completion: 0xd4 };
    else {
      const handler = this.handlers.get(command);
      if (handler !== undefined) {
        this.executed.push(`${command} ${request.data.toString('hex')}`);
        answer = handler(request.data, session);
      }
    }
    if (answer === null) return;
    const { completion = 0, data = Buffer.alloc(0) } = answer;
    const message = encodeResponse({ ...request, completion, data });
    this.#sendIn(session, payloads.message, message);
  }

  #sendIn(session: PlayedSession, payload: number, data: Buffer): void {
    const { protection, console, place } = session;
    this.#send(protection.seal(payload, console, ++session.sequence, data), place);
  }

  #answer(payload: number, data: Buffer, place: RemoteInfo): void {
    const bytes = encodeSetup(payload, data);
    const isOverstated =
      this.behaviour.overstatesPayloads && payload !== payloads.openSessionResponse;
    if (isOverstated) bytes.writeUInt16LE(data.length + 1, 14);
    this.#send(bytes, place);
  }

  #send(bytes: Buffer, { port, address }: RemoteInfo): void {
    for (const one of this.behaviour.delivers(bytes, this.#sent++)) {
      const send = (): void => this.#socket.send(one, port, address, () => undefined);
      if (this.behaviour.delayMs === 0) send();
      else setTimeout(send, this.behaviour.delayMs);
    }
  }
}

export const startBmc = async (t: Test, behaviour: Partial<Behaviour> = {}): Promise<PlayedBmc> => {
  const socket = createSocket('udp4');
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  let isOpen = true;
  // Answers may still be on their way when the test is over.
  const send = socket.send.bind(socket) as (...args: unknown[]) => void;
  socket.send = ((...args: unknown[]) => {
    if (isOpen) send(...args);
  }) as Socket['send'];
  t.teardown(() => {
    isOpen = false;
    socket.close();
  });
  return new PlayedBmc(socket, behaviour);
};
