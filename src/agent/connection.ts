/**
 * One connection to a station, from opening it to its end. It never reconnects: that is the agent's
 * business.
 */

import type { IncomingHttpHeaders } from 'node:http';
import { WebSocket } from 'ws';
import type { Logger } from 'pino';
import { Answers } from './answers.ts';
import type { Answer } from './answers.ts';
import type { Random } from './backoff.ts';
import { Ending, endingOfClose, endingOfError, endingOfStatus } from './ending.ts';
import { OutputViewers } from './output-viewers.ts';
import type { ReadOutput } from './output-viewers.ts';
import {
  agentPath,
  agentProtocol,
  agentProtocolMinor,
  agentProtocolsSpoken,
  closeCodes,
  heartbeatMsBounds,
  messageBytesMax,
  readStationMessage,
} from './protocol.ts';
import type {
  AgentMessage,
  Assign,
  ProcessReport,
  ReportedFacts,
  StationMessage,
} from './protocol.ts';
import { Timers } from './timers.ts';

export type Welcome = Extract<StationMessage, { readonly type: 'welcome' }>;

/** How long to wait for what, ms. */
export interface Deadlines {
  /** From opening a connection to the station's welcome. */
  readonly welcomeMs: number;
  /** For the answer to a report. */
  readonly answerMs: number;
  /** For any sign of life after a ping. */
  readonly pongMs: number;
  /** For the other side to take leave too. */
  readonly closeMs: number;
  /**
   * How long a connection must have served for its end to be a loss; one that breaks sooner has
   * failed.
   */
  readonly steadyMs: number;
}

export interface ConnectionOptions {
  /** Of the station, as the operator gave it: `http:`, `https:`, `ws:` or `wss:`. */
  readonly station: URL;
  readonly token: string;
  /** PEM certificates of the authorities to trust instead of the well-known ones. */
  readonly ca: string | undefined;
  readonly fqdn: string;
  readonly deadlines: Deadlines;
  readonly random: Random;
  /**
   * Whether what welcomes is the station that leads: why not, else undefined. Asked again before
   * anything that it says is acted on.
   */
  readonly judge: (welcome: Welcome) => Ending | undefined;
  /** Told of the welcome of a station that may lead, before anything else that it says. */
  readonly onWelcome: (welcome: Welcome) => void;
  /** Told what this host has to run. */
  readonly onAssign: (assign: Assign) => void;
  /** Told that the station does not know, or not take, a report about a process. */
  readonly onProcessRefused: (fid: string, code: string, message: string) => void;
  readonly readOutput: ReadOutput;
  readonly log: Logger;
  /** Told whether to log all that happens. */
  readonly onTrace: (enabled: boolean) => void;
}

export class Connection {
  readonly #socket: WebSocket;
  readonly #options: ConnectionOptions;
  readonly #end = new AbortController();
  readonly #closed = Promise.withResolvers<void>();
  readonly #welcome = Promise.withResolvers<Welcome>();
  readonly #answers: Answers;
  readonly #viewers: OutputViewers;
  readonly #timers = new Timers();
  #localAddress = '';
  #servesSince: number | undefined;
  #said: Welcome | undefined;

  /** Starts to connect; `welcomed` tells whether it worked. */
  constructor(options: ConnectionOptions) {
    const { station, token, ca, deadlines } = options;
    this.#options = options;
    this.#answers = new Answers({
      send: (message) => this.#send(message),
      ended: this.ended,
      onProcessRefused: options.onProcessRefused,
    });
    this.#viewers = new OutputViewers(
      options.readOutput,
      (message) => this.ended.aborted || this.#send(message),
      options.log,
    );
    // Whoever waits for a welcome hears of the end; where nobody does, the end is no unhandled
    // rejection.
    this.#welcome.promise.catch(() => {});
    this.#within('welcome', deadlines.welcomeMs, 'the station did not welcome the agent');
    this.#socket = new WebSocket(agentUrl(station), {
      headers: { authorization: `Bearer ${token}` },
      perMessageDeflate: false,
      maxPayload: messageBytesMax,
      ...(ca === undefined ? {} : { ca }),
    });
    this.#listen();
  }

  /** Aborted when the connection has ended; its reason is an `Ending`. */
  get ended(): AbortSignal {
    return this.#end.signal;
  }

  /** The address of this host on the way to the station; known once welcomed. */
  get localAddress(): string {
    return this.#localAddress;
  }

  /** @throws Ending */
  async welcomed(): Promise<Welcome> {
    return this.#welcome.promise;
  }

  /**
   * Reports what the host is like and waits for the answer.
   *
   * @throws Ending
   */
  async report(facts: ReportedFacts): Promise<Answer> {
    const { fqdn, deadlines } = this.#options;
    this.#within('answer', deadlines.answerMs, 'the station did not answer a report');
    try {
      const answer = await this.#answers.ask((id) => ({ type: 'node-up', id, fqdn, facts }));
      if (answer.type === 'taken') this.#servesSince ??= performance.now();
      return answer;
    } finally {
      this.#timers.cancel('answer');
    }
  }

  /**
   * Says what a process does. Nobody waits for the answer: what is lost with the connection is said
   * again on the next.
   */
  reportProcess(report: Omit<ProcessReport, 'type' | 'id'>): void {
    this.#answers.reportProcess(report);
  }

  /**
   * Takes leave of the station; settles when that is over, which takes no longer than `closeMs`.
   */
  async close(why = 'the agent stops'): Promise<void> {
    this.#finish(new Ending('lost', why), () => this.#socket.close(1000, why));
    const impatience = setTimeout(() => this.#socket.terminate(), this.#options.deadlines.closeMs);
    await this.#closed.promise;
    clearTimeout(impatience);
  }

  /**
   * Tells the station that the host goes down, where it knows this host and understands that, and
   * takes leave. The telling takes no longer than `closeMs` either.
   */
  async closeWithHost(): Promise<void> {
    const { minor = 0 } = this.#said ?? {};
    if (minor >= 3 && this.#servesSince !== undefined) {
      const patience = setTimeout(() => void this.close(), this.#options.deadlines.closeMs);
      await this.#answers.ask((id) => ({ type: 'shutting-down', id })).catch(unlessEnded);
      clearTimeout(patience);
    }
    await this.close();
  }

  /**
   * Two machines with one identity throw each other out: not many times a second, thanks to this.
   */
  get #served(): boolean {
    const { steadyMs } = this.#options.deadlines;
    return performance.now() - (this.#servesSince ?? Infinity) >= steadyMs;
  }

  #listen(): void {
    this.#socket
      .on(
        'upgrade',
        (response) => (this.#localAddress = plainAddress(response.socket.localAddress)),
      )
      .on('open', () =>
        this.#send({
          type: 'hello',
          protocol: agentProtocol,
          minor: agentProtocolMinor,
          fqdn: this.#options.fqdn,
        }),
      )
      .on('message', (data) => this.#take((data as Buffer).toString()))
      .on('pong', () => this.#timers.cancel('pong'))
      .on('unexpected-response', (_request, response) =>
        this.#finish(endingOfStatus(response.statusCode ?? 0, leaderIn(response.headers))),
      )
      .on('error', (error) => this.#finish(endingOfError(error, this.#served)))
      .on('close', (code, reason) => {
        this.#finish(endingOfClose(code, reason.toString(), this.#served));
        this.#closed.resolve();
      });
  }

  #take(text: string): void {
    if (this.ended.aborted) return;
    this.#timers.cancel('pong');
    try {
      const message = readStationMessage(text);
      this.#options.log.trace({ bytes: text.length, heard: message?.type }, 'from the station');
      if (message !== undefined) this.#react(message);
    } catch (error) {
      this.#finish(endingOfError(error as Error, this.#served));
    }
  }

  #react(message: StationMessage): void {
    if (message.type === 'welcome') return this.#enter(message);
    // Who has not said in which term it leads has nothing to say yet.
    if (this.#said === undefined)
      return this.#finish(new Ending('unreachable', 'the station spoke before its welcome'));
    if (this.#isRefused(this.#said)) return;
    switch (message.type) {
      case 'pace':
        return this.#beatEvery(message.heartbeat_ms);
      case 'assign':
        return this.#options.onAssign(message);
      case 'trace':
        return this.#options.onTrace(message.enabled);
      case 'output-open':
        return this.#viewers.open(message);
      case 'output-next':
        return this.#viewers.next(message.id);
      case 'output-close':
        return this.#viewers.close(message.id);
      case 'taken':
      case 'refused':
        return this.#answers.take(message);
    }
  }

  #enter(welcome: Welcome): void {
    const { from, to } = agentProtocolsSpoken;
    if (welcome.protocol < from || welcome.protocol > to)
      return this.#finish(
        new Ending(
          'denied',
          `the station speaks protocol ${welcome.protocol}, this agent ${from} to ${to}`,
          'bring agent and station to the same release',
        ),
      );
    if (this.#isRefused(welcome)) return;
    this.#timers.cancel('welcome');
    this.#said = welcome;
    this.#options.onWelcome(welcome);
    this.#beatEvery(welcome.heartbeat_ms);
    this.#welcome.resolve(welcome);
  }

  /** Ends the connection with a station that does not lead any more. */
  #isRefused(welcome: Welcome): boolean {
    const ending = this.#options.judge(welcome);
    if (ending === undefined) return false;
    this.#finish(ending, () => this.#socket.close(closeCodes.staleTerm, ending.message));
    return true;
  }

  /**
   * The first heartbeat comes at a random moment of the interval: after a station's restart all
   * agents start together.
   */
  #beatEvery(wantedMs: number): void {
    const { min, max } = heartbeatMsBounds;
    const intervalMs = Math.min(max, Math.max(min, wantedMs));
    const beat = (): void => {
      this.#timers.set('beat', intervalMs, beat);
      this.#send({ type: 'heartbeat' });
      this.#socket.ping();
      if (!this.#timers.has('pong'))
        this.#within('pong', this.#options.deadlines.pongMs, 'the station gave no sign of life');
    };
    this.#timers.set('beat', this.#options.random() * intervalMs, beat);
  }

  #send(message: AgentMessage): void {
    this.#options.log.trace({ said: message.type }, 'to the station');
    this.#socket.send(JSON.stringify(message));
  }

  /** Ends the connection unless `name` is cancelled in time. */
  #within(name: string, ms: number, otherwise: string): void {
    this.#timers.set(name, ms, () =>
      this.#finish(
        new Ending(this.#served ? 'lost' : 'unreachable', `${otherwise} within ${ms / 1000} s`),
      ),
    );
  }

  /** The first ending counts; what follows from it says nothing new. */
  #finish(ending: Ending, hangUp = (): void => this.#socket.terminate()): void {
    if (this.ended.aborted) return;
    this.#timers.cancelAll();
    this.#viewers.closeAll();
    this.#welcome.reject(ending);
    this.#end.abort(ending);
    hangUp();
  }
}

function unlessEnded(error: unknown): void {
  if (!(error instanceof Ending)) throw error;
}

/** Where the station is that leads, as one that follows says. */
function leaderIn({ 'halcyon-leader': leader }: IncomingHttpHeaders): string | undefined {
  return typeof leader === 'string' ? leader : undefined;
}

/** Where the agents' WebSocket of a station is. */
export function agentUrl(station: URL): URL {
  const base = new URL(station);
  if (!base.pathname.endsWith('/')) base.pathname += '/';
  const url = new URL(agentPath, base);
  url.protocol = url.protocol.replace('http', 'ws');
  return url;
}

/** IPv4 within IPv6 is IPv4 to everybody who reads it. */
function plainAddress(address = ''): string {
  return address.replace(/^::ffff:(?=\d+\.)/i, '');
}
