/**
 * The agents' side of the station: one WebSocket an agent, protocol in `contract/agent-protocol.ts`.
 */

import type { FastifyInstance, FastifyRequest } from 'fastify';
import { Compile } from 'typebox/compile';
import type { WebSocket } from 'ws';
import {
  AgentMessage,
  agentProtocol,
  agentProtocolMinor,
  agentProtocolsSpoken,
  closeCodes,
} from '../contract/agent-protocol.ts';
import type { StationMessage } from '../contract/agent-protocol.ts';
import type { CredentialRow } from '../core/graph/rows/credentials.ts';
import { retiredRole } from '../core/values/credential-roles.ts';
import type {
  AgentSession,
  OutputRequest,
  OutputSource,
} from '../station/duties/agent-sessions.ts';
import type { Assigned } from '../station/duties/assignments.ts';
import { Slices } from '../station/fair-use/slices.ts';
import type { SteadyWork } from '../station/fair-use/steady-work.ts';
import { loggedOf } from '../station/refusals.ts';
import type { Station } from '../station/station.ts';
import { AgentFlow } from './agent-flow.ts';
import { AgentOutputs } from './agent-outputs.ts';
import { AgentPaces } from './agent-paces.ts';
import { AgentReports } from './agent-reports.ts';
import { exactJson } from './json-body.ts';
import { RefusalLog } from './refusal-log.ts';
import { UnreadBytes } from './unread-bytes.ts';
import { connectInTurns } from './upgrades.ts';

/** A connection must say hello within this time, ms. */
const helloDeadline = 10_000;

/** And report within this time after that, ms. */
const reportDeadline = 60_000;

/** What is sent over a connection whose other end is dead is not answered within this time, ms. */
const answerDeadline = 5_000;

/** What a close frame has room for besides its code (RFC 6455 §5.5). */
const reasonBytesMax = 123;

type Message = AgentMessage;

const validator = Compile(AgentMessage);

const parse = (data: Buffer): Message | null => {
  try {
    const message = exactJson(data);
    return validator.Check(message) ? message : null;
  } catch {
    return null;
  }
};

/** What all connections of agents share. */
export interface AgentsShare {
  readonly station: Station;
  readonly version: string;
  /** Facts of hosts, as fast as they may change. */
  readonly facts: SteadyWork;
  readonly paces: AgentPaces;
  readonly unread: UnreadBytes;
  readonly refusals: RefusalLog;
  /** What they say and that they come, so much a turn of the event loop. */
  readonly slices: Slices;
}

export const agentSocket = (
  app: FastifyInstance,
  parts: Pick<AgentsShare, 'station' | 'version' | 'facts'>,
): void => {
  const share = {
    ...parts,
    slices: new Slices(),
    paces: new AgentPaces(),
    unread: new UnreadBytes(),
    refusals: new RefusalLog(),
  };
  connectInTurns(app.server, share.slices);
  app.get(
    '/api/v1/agent',
    { websocket: true, config: { access: 'agent-or-retired', answeredBy: 'leader' } },
    (socket, request) => {
      new Connection(socket, request, share);
    },
  );
};

class Connection implements AgentSession {
  fqdn = '';
  minor = 0;
  protocol = '';
  term = 0;
  readonly #socket: WebSocket;
  readonly #tcp: FastifyRequest['raw']['socket'];
  readonly #station: Station;
  readonly #credential: CredentialRow;
  readonly #remote: string;
  readonly #version: string;
  readonly #log: FastifyRequest['log'];
  readonly #refusals: RefusalLog;
  readonly #flow: AgentFlow;
  /** Until it has said what it has to. */
  #introduction: NodeJS.Timeout;
  #answer: Promise<boolean> | undefined;
  readonly #reports: AgentReports;
  readonly #outputs = new AgentOutputs((message) => this.#send(message));

  constructor(socket: WebSocket, request: FastifyRequest, share: AgentsShare) {
    const { station, version, facts, paces, unread, refusals, slices } = share;
    this.#socket = socket;
    this.#tcp = request.raw.socket;
    this.#station = station;
    this.#credential = request.credential!;
    this.#remote = request.ip;
    this.#version = version;
    this.#log = request.log;
    this.#refusals = refusals;
    this.#flow = new AgentFlow({
      socket,
      tcp: this.#tcp,
      take: () => paces.take(this.#credential, this.fqdn),
      unread,
      slices,
      cut: (why) => this.#cut(why),
    });
    this.#reports = new AgentReports({
      session: this,
      station,
      credential: this.#credential,
      remote: this.#remote,
      facts,
      slices,
      send: (message) => this.#send(message),
      refuse: (id, code, text) => this.#refuse(id, code, text),
      introduced: () => clearTimeout(this.#introduction),
      end: (code, reason) => this.#end(code, reason),
      isClosed: () => this.#isClosed,
    });
    this.#introduction = this.#expect('hello', helloDeadline);
    socket.on('message', (data: Buffer) => {
      this.#flow.received();
      this.#flow.inTurn(() => this.#receive(data));
    });
    socket.on('close', (code, reason) => {
      if (code === closeCodes.staleTerm)
        this.#warn('deposed', { reason: reason.toString() }, 'an agent knows of a later leader');
      clearTimeout(this.#introduction);
      this.#outputs.end();
      station.agents.leave(this);
    });
    socket.on('error', (err) => this.#warn('failed', { err }, 'agent connection failed'));
  }

  assign({ full, processes, forget }: Assigned): void {
    this.#send({ type: 'assign', full, processes: [...processes], forget: [...forget] });
  }

  pace(heartbeatMs: number): void {
    this.#send({ type: 'pace', heartbeat_ms: heartbeatMs });
  }

  trace(enabled: boolean): void {
    if (this.minor >= 2) this.#send({ type: 'trace', enabled });
  }

  openOutput(request: OutputRequest): OutputSource {
    return this.#outputs.open(request);
  }

  answers(): Promise<boolean> {
    return (this.#answer ??= this.#ping().finally(() => (this.#answer = undefined)));
  }

  close(): void {
    this.#end(1001, 'the station is done with this connection');
  }

  /** What waits here for its turn is not late. */
  #expect(what: 'hello' | 'report', ms: number): NodeJS.Timeout {
    return setTimeout(() => {
      if (this.#flow.isHeld) this.#introduction = this.#expect(what, ms);
      else this.#end(closeCodes.badMessage, `no ${what}`);
    }, ms);
  }

  #receive(data: Buffer): void {
    const message = parse(data);
    if (!message) return this.#end(closeCodes.badMessage, 'not a message of the protocol');
    if (!this.#station.access.accepts(this.#credential))
      return this.#end(closeCodes.notAllowed, 'the token was revoked or has expired');
    if (message.type === 'hello') return this.#welcome(message);
    if (this.fqdn === '') return this.#end(closeCodes.badMessage, 'hello comes first');
    if (this.#credential.role === retiredRole) return this.#dismiss(message);
    this.#station.agents.heard(this);
    if (message.type === 'heartbeat') return;
    if (message.type === 'output' || message.type === 'output-end') {
      if (!this.#outputs.take(message))
        this.#end(closeCodes.badMessage, 'nobody asked for this output');
      return;
    }
    void this.#flow.during(
      this.#reports.keep(message).catch((error: unknown) => {
        const { code = 'internal', message: text } = error as { code?: string; message: string };
        if (code !== 'not-in-place')
          this.#warn('unkept', loggedOf(error), 'a report could not be kept');
        this.#send({ type: 'refused', id: message.id, code, message: text });
      }),
    );
  }

  get #isClosed(): boolean {
    return this.#socket.readyState !== this.#socket.OPEN;
  }

  /** A machine that has booted since refuses what it knows nothing of, which ends the connection. */
  #ping(): Promise<boolean> {
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const answered = (): void => resolve(true);
    // One that is not read for all that it says is alive.
    const ended = (): void => resolve(this.#flow.isHeld && !this.#isClosed);
    const deadline = setTimeout(ended, answerDeadline);
    this.#socket.once('pong', answered).once('close', ended).ping();
    return promise.finally(() => {
      clearTimeout(deadline);
      this.#socket.off('pong', answered).off('close', ended);
    });
  }

  #welcome({ protocol, minor = 0, fqdn }: Extract<Message, { type: 'hello' }>): void {
    if (this.fqdn !== '') return this.#end(closeCodes.badMessage, 'hello comes once');
    const { from, to } = agentProtocolsSpoken;
    if (protocol < from || protocol > to) {
      const reason = `protocol ${protocol} is not spoken here, only ${from} to ${to}; install a matching version`;
      return this.#end(closeCodes.unsupportedProtocol, reason);
    }
    const { host } = this.#credential;
    if (host !== null && host !== fqdn)
      return this.#end(closeCodes.notAllowed, `the token speaks for ${host}, not for ${fqdn}`);
    const { term } = this.#station.agents;
    const { cluster } = this.#station.mandate;
    if (term === null || cluster === undefined)
      return this.#end(1001, 'this station does not lead');
    this.term = term;
    clearTimeout(this.#introduction);
    this.#introduction = this.#expect('report', reportDeadline);
    this.fqdn = fqdn;
    this.minor = minor;
    this.protocol = `${protocol}.${minor}`;
    const heartbeat = this.#station.agents.heartbeatMs();
    this.#send({
      type: 'welcome',
      protocol: agentProtocol,
      minor: agentProtocolMinor,
      version: this.#version,
      heartbeat_ms: heartbeat,
      cluster,
      term,
    });
  }

  /**
   * Its host was removed while nobody could tell it: it has to run nothing, which ends what it still
   * does. It hears this on each connection, as long as its token is remembered.
   */
  #dismiss(message: Message): void {
    if (message.type !== 'node-up') return;
    const text = `${this.fqdn} was removed from the cluster; what still runs on it is ended`;
    this.#refuse(message.id, 'host-removed', text);
    this.assign({ full: true, processes: [], forget: [] });
    this.#end(closeCodes.notAllowed, text);
  }

  #refuse(id: number, code: string, message: string): void {
    this.#warn(code, { code }, message);
    this.#send({ type: 'refused', id, code, message });
  }

  #warn(kind: string, details: object, message: string): void {
    const whose = { host: this.fqdn, remote: this.#remote };
    const say = (more: object, text: string): void => this.#log.warn({ ...whose, ...more }, text);
    this.#refusals.say(say, `${this.fqdn} ${kind}`, details, message);
  }

  /** Ends the connection without a word: nobody would read it. */
  #cut(why: string): void {
    this.#warn('cut', {}, `an agent was cut off: ${why}`);
    this.#outputs.end();
    this.#socket.terminate();
  }

  #end(code: number, reason: string): void {
    // A peer that hangs may take long to let go.
    this.#outputs.end();
    this.#socket.close(code, Buffer.from(reason).subarray(0, reasonBytesMax).toString('utf8'));
  }

  #send(message: StationMessage): void {
    if (this.#isClosed) return;
    this.#gather();
    this.#flow.send(JSON.stringify(message));
  }

  /** What becomes durable together is answered together, in one write. */
  #gather(): void {
    if (this.#tcp.writableCorked > 0) return;
    this.#tcp.cork();
    process.nextTick(() => this.#tcp.uncork());
  }
}
