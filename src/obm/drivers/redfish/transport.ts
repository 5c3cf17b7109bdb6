/** Requests to a Redfish service and its answers, all of them bounded. It knows nothing of sessions. */

import type { ClientRequest, IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { ObmError } from '../../errors.ts';
import type { ObmReason } from '../../errors.ts';
import type { Cancel, Time } from '../../time.ts';
import { connect, portOf } from './connection.ts';
import type { RedfishInfo } from './settings.ts';

// Not imported: that would load all of `fetch` too, 40 ms of every start.
const { Agent, request: httpRequest } = process.getBuiltinModule('node:http');

/** Longest answer, bytes. */
const answerMax = 4 * 1024 * 1024;
const headersMax = 32 * 1024;
/** How long one request may take, the connection included, ms. */
const requestMs = 15_000;
/** How long a connection that nobody uses is kept, ms. */
const idleMs = 5_000;

export interface Request {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: object;
  /** How long it may take, ms; `requestMs` unless said. */
  readonly limitMs?: number;
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** null where there is none, or none that is JSON. */
  readonly body: unknown;
}

/** Sent, in part or in full, and the answer never came or never ended. */
export class LostAnswer extends ObmError {
  /** It broke off, and may do better over another connection. */
  readonly brokeOff: boolean;
  constructor(reason: ObmReason, message: string, brokeOff: boolean, options?: ErrorOptions) {
    super(reason, message, options);
    this.brokeOff = brokeOff;
  }
}

export class Transport {
  readonly #info: RedfishInfo;
  readonly #time: Time;
  readonly #agent: KeepingAgent;

  constructor(info: RedfishInfo, time: Time) {
    this.#info = info;
    this.#time = time;
    this.#agent = new KeepingAgent(info, time);
  }

  /** What may be asked twice: over the kept connection, and again where that turns out to be dead. */
  async ask(request: Request, signal: AbortSignal): Promise<Answer> {
    try {
      return await this.#inTime(request, signal, (stop) => this.#exchange(request, stop, null));
    } catch (error) {
      if (!(error instanceof LostAnswer && error.brokeOff) || signal.aborted) throw error;
      return this.#inTime(request, signal, (stop) => this.#exchange(request, stop, null));
    }
  }

  /**
   * What may be sent once only: over a connection of its own, so that none is used that has long been dead.
   *
   * @throws {LostAnswer} it may have been carried out; any other error: certainly not
   */
  tell(request: Request, signal: AbortSignal): Promise<Answer> {
    return this.#inTime(request, signal, async (stop) => {
      const socket = await connect(this.#info, this.#time, stop);
      return this.#exchange(request, stop, socket).finally(() => socket.destroy());
    });
  }

  close(): void {
    this.#agent.destroy();
  }

  async #inTime<T>(
    { limitMs = requestMs }: Request,
    signal: AbortSignal,
    work: (stop: AbortSignal) => Promise<T>,
  ): Promise<T> {
    signal.throwIfAborted();
    const stop = new AbortController();
    const giveUp = (): void => stop.abort(signal.reason);
    signal.addEventListener('abort', giveUp);
    const late = new ObmError('no-answer', `no answer within ${limitMs / 1000} s`);
    const cancel: Cancel = this.#time.after(limitMs, () => stop.abort(late));
    try {
      return await work(stop.signal);
    } finally {
      cancel();
      signal.removeEventListener('abort', giveUp);
    }
  }

  #exchange(request: Request, stop: AbortSignal, socket: Socket | null): Promise<Answer> {
    const { promise, resolve, reject } = Promise.withResolvers<Answer>();
    const { addr } = this.#info;
    const body = request.body === undefined ? null : JSON.stringify(request.body);
    const sent: ClientRequest = httpRequest({
      ...{ method: request.method, path: request.path, host: addr, port: portOf(this.#info) },
      ...(socket ? { createConnection: () => socket } : { agent: this.#agent }),
      headers: {
        accept: 'application/json',
        'odata-version': '4.0',
        ...request.headers,
        host: hostOf(this.#info),
        ...(body === null
          ? {}
          : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }),
      },
      maxHeaderSize: headersMax,
    });
    const fail = (cause: Error): void => {
      sent.destroy();
      if (cause instanceof ObmError && !stop.aborted) return reject(cause);
      const words = stop.aborted ? (stop.reason as Error).message : `${addr} broke off`;
      reject(new LostAnswer('no-answer', words, !stop.aborted, { cause }));
    };
    const giveUp = (): void => fail(stop.reason as Error);
    stop.addEventListener('abort', giveUp);
    sent.on('error', fail);
    sent.on('response', (answer) => void wholeOf(answer).then(resolve, fail));
    sent.end(body ?? undefined);
    return promise.finally(() => stop.removeEventListener('abort', giveUp));
  }
}

const hostOf = (info: RedfishInfo): string => {
  const { addr } = info;
  return `${addr.includes(':') ? `[${addr}]` : addr}:${portOf(info)}`;
};

const wholeOf = async (answer: IncomingMessage): Promise<Answer> => {
  const pieces: Buffer[] = [];
  let length = 0;
  for await (const piece of answer as AsyncIterable<Buffer>) {
    length += piece.length;
    if (length > answerMax)
      throw new LostAnswer('limit', `an answer is longer than ${answerMax} bytes`, false);
    pieces.push(piece);
  }
  const { statusCode: status = 0, headers } = answer;
  return { status, headers, body: parsed(Buffer.concat(pieces).toString()) };
};

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return null;
  }
};

/** Keeps one connection for a while. */
class KeepingAgent extends Agent {
  readonly #info: RedfishInfo;
  readonly #time: Time;
  readonly #closing = new AbortController();

  constructor(info: RedfishInfo, time: Time) {
    super({ keepAlive: true, maxSockets: 1, timeout: idleMs });
    this.#info = info;
    this.#time = time;
  }

  override createConnection(
    _options: unknown,
    done?: (error: Error | null, socket: Socket) => void,
  ): undefined {
    connect(this.#info, this.#time, this.#closing.signal).then(
      (socket) => done?.(null, socket),
      (error: unknown) => done?.(error as Error, undefined as never),
    );
  }

  override destroy(): void {
    this.#closing.abort(new ObmError('closed', 'closed'));
    super.destroy();
  }
}
