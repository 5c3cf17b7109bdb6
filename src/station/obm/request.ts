/** One request to an OBM daemon: with a deadline, an end to what is read, and no redirect. */

import type { IncomingMessage } from 'node:http';
import { getCACertificates } from 'node:tls';
import { isLoopback } from '../../addresses/loopback.ts';
import type { Time } from '../time.ts';
import type { Announced } from './announced.ts';
import { ObmdError } from './errors.ts';

/** How daemons are reached. */
export interface Reach {
  readonly time: Time;
  /** PEM certificates of authorities that are trusted besides the system's. */
  readonly ca?: string | undefined;
  /** What they are told of this station; absent: it is no station. */
  readonly announced?: Announced | undefined;
}

export interface ObmdRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** Beneath the base URL. */
  readonly path: string;
  /** Absent: the path has a ticket. */
  readonly authorization?: string | undefined;
  readonly body?: object | undefined;
  /** Ms after which nobody waits any more. */
  readonly within?: number;
  /** Gives it up. */
  readonly signal?: AbortSignal | undefined;
  /** Bytes that the answer may have. */
  readonly bytesMax?: number;
  /** What it is to be answered with; absent: JSON. */
  readonly accept?: string;
}

export interface ObmdAnswer {
  readonly status: number;
  /** The JSON that it holds; undefined where it holds none. */
  readonly body: unknown;
}

/** A daemon touches no OBM for what this is used for, ms. */
export const answerMs = 5_000;
export const answerBytesMax = 256 * 1024;

/**
 * The base URL of a daemon as it is kept.
 *
 * @param isPlain whether tokens may go in the clear to who is not this machine
 * @throws {ObmdError} `settings`: it is none, or anybody could listen
 */
export const obmdUrl = (text: string, isPlain = false): string => {
  const refuse = (why: string): never => {
    throw new ObmdError('settings', why, 'obmd');
  };
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol) || url.host === '')
    return refuse('an OBM daemon is given by a URL such as https://obmd.example:7410');
  // Not repeated in the message: it may hold a password.
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '')
    return refuse('the URL of an OBM daemon holds no user, no query and no fragment');
  if (url.protocol === 'http:' && !isPlain && !isLoopback(url.hostname))
    return refuse(`${url.host} can be reached by others only in the clear: use https`);
  return url.href.replace(/\/+$/, '');
};

/**
 * Sends it once.
 *
 * @param base of `obmdUrl`
 * @throws {ObmdError} `away`, `broken`, `silent`, `failed`, `deposed`
 * @throws the reason of the signal
 */
export const askObmd = (reach: Reach, base: string, request: ObmdRequest): Promise<ObmdAnswer> =>
  exchange(reach, base, request, async (response) => ({
    status: response.statusCode ?? 0,
    body: parsed(await textOf(base, response, request.bytesMax)),
  }));

/** What a daemon sends without end. */
export interface ObmdStream {
  readonly status: number;
  /** The problem that it tells instead, where it is one; else undefined. */
  readonly body: unknown;
  /** Who reads it destroys it. */
  readonly response: IncomingMessage;
}

/**
 * Asks for something that has no end. The deadline is that of its beginning; a refusal is read whole.
 *
 * @throws as `askObmd`
 */
export const openObmd = (reach: Reach, base: string, request: ObmdRequest): Promise<ObmdStream> =>
  exchange(reach, base, request, async (response) => {
    const status = response.statusCode ?? 0;
    const body = status === 200 ? undefined : parsed(await textOf(base, response));
    return { status, body, response };
  });

/** @param take reads of the answer what has to come in time */
const exchange = async <T extends { readonly body: unknown }>(
  { time, ca, announced }: Reach,
  base: string,
  { method, path, authorization, body, within = answerMs, signal, accept }: ObmdRequest,
  take: (response: IncomingMessage) => Promise<T>,
): Promise<T> => {
  const late = new AbortController();
  const cancel = time.after(within, () => late.abort());
  const text = body === undefined ? undefined : JSON.stringify(body);
  // Not imported: that would load all of `fetch` too, 40 ms of every start.
  const { request: ask } = process.getBuiltinModule(
    base.startsWith('https:') ? 'node:https' : 'node:http',
  );
  const trusted = ca === undefined ? {} : { ca: [...getCACertificates('default'), ca] };
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  let isConnected = false;
  try {
    const said = announced?.headers ?? {};
    const request = ask(`${base}${path}`, {
      method,
      ...trusted,
      // One that was left open may be closed just now, and then nobody knows what became of it.
      agent: false,
      signal: signal ? AbortSignal.any([late.signal, signal]) : late.signal,
      headers: {
        ...(authorization === undefined ? {} : { authorization }),
        accept: accept ?? 'application/json',
        ...said,
        ...(text === undefined
          ? {}
          : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }),
      },
    });
    request.on('error', reject);
    request.on('socket', (socket) => {
      socket.once(base.startsWith('https:') ? 'secureConnect' : 'connect', () => {
        isConnected = true;
      });
    });
    request.on('response', resolve);
    request.end(text);
    const response = await promise;
    const { statusCode = 0 } = response;
    if (authorization?.startsWith('Basic ') && statusCode < 300) announced?.took(base, said);
    const answer = await take(response);
    const problem = statusCode === 409 ? problemOf(answer.body) : undefined;
    if (announced && problem?.code === 'stale-term') throw announced.deposed(base, problem.detail);
    return answer;
  } catch (error) {
    if (error instanceof ObmdError) throw error;
    signal?.throwIfAborted();
    if (late.signal.aborted)
      throw new ObmdError('silent', `${base} did not answer within ${within / 1000} s`);
    const { message, code = '' } = error as NodeJS.ErrnoException;
    const why = message || code;
    const told = isConnected ? `${base} broke off: ${why}` : `${base} cannot be reached: ${why}`;
    throw new ObmdError(isConnected ? 'broken' : 'away', told, undefined, { cause: error });
  } finally {
    cancel();
  }
};

const textOf = async (
  base: string,
  response: IncomingMessage,
  bytesMax = answerBytesMax,
): Promise<string> => {
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of response as AsyncIterable<Buffer>) {
    pieces.push(piece);
    bytes += piece.length;
    if (bytes <= bytesMax) continue;
    response.destroy();
    throw new ObmdError('failed', `${base} answered more than ${bytesMax} bytes`);
  }
  return Buffer.concat(pieces).toString('utf8');
};

const problemOf = (body: unknown): { readonly code?: unknown; readonly detail: string } => {
  const { code, detail } = (body ?? {}) as { readonly code?: unknown; readonly detail?: unknown };
  return { code, detail: String(detail) };
};

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
};
