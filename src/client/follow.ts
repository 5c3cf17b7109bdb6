/** Follows the log of a cluster through broken connections and changes of station. */

import { requestOf } from './calls.ts';
import { ApiError, UnreachableError } from './errors.ts';
import { readEventStream } from './event-stream.ts';
import type { StreamMessage } from './event-stream.ts';
import { pause } from './patience.ts';
import { jsonOf } from './transport.ts';
import type { Request, Transport } from './transport.ts';
import type { EventPage, EventReply, RequestOptions } from './types.ts';

export interface FollowOptions extends RequestOptions {
  /** Events after this revision; absent: what happens from now on. */
  readonly from?: number | undefined;
  /** Only events of these types; absent: all. */
  readonly types?: readonly string[] | undefined;
  /** Told of each broken connection, and after how many ms the next attempt is made. */
  readonly onRetry?: ((why: string, waitMs: number) => void) | undefined;
  /** Told of each connection that is made. */
  readonly onOpen?: (() => void) | undefined;
  /** Ms without a sign of life after which a connection counts as broken; default 60,000. */
  readonly silenceMs?: number | undefined;
  /** Ms before the first new attempt, doubled for each that fails; default 500. */
  readonly backoffMs?: number | undefined;
}

const defaultSilenceMs = 60_000;
const defaultBackoffMs = 500;
const backoffMaxMs = 15_000;

/** Where the log ends now. */
const headOf = async (transport: Transport, signal: AbortSignal | undefined): Promise<number> => {
  const answer = await transport.send(requestOf('listEvents', [{ limit: 1, signal }]));
  return jsonOf<EventPage>(answer).revision;
};

/**
 * Whether the same request may succeed later. What cannot be understood will not be understood the
 * next time.
 */
const mayPass = (error: unknown): boolean =>
  error instanceof ApiError
    ? error.status >= 500 || error.status === 429
    : !(error instanceof SyntaxError || error instanceof RangeError);

/** A stream that is gone on with after its last message, for ever. */
interface Followed extends Omit<FollowOptions, 'from' | 'types'> {
  /** @param last id of the last message; undefined: there was none yet */
  readonly request: (last: string | undefined) => Request;
  /** Id after which it begins; absent: from now on, or where the request says. */
  readonly last?: string | undefined;
}

/**
 * Every event, once and in order, for ever. What goes wrong before the first connection is made is
 * thrown; afterwards only what will not pass: a token that was revoked, say.
 */
export async function* followEvents(
  transport: Transport,
  options: FollowOptions,
): AsyncGenerator<EventReply> {
  const { types } = options;
  const from = options.from ?? (await headOf(transport, options.signal));
  const request = (last: string | undefined): Request =>
    requestOf('listEvents', [{ from: last === undefined ? from : undefined, type: types }]);
  for await (const { data } of followMessages(transport, { ...options, request }))
    yield JSON.parse(data) as EventReply;
}

/** The messages of a stream, as `followEvents` has them. */
export async function* followMessages(
  transport: Transport,
  options: Followed,
): AsyncGenerator<StreamMessage> {
  const { signal, request, silenceMs = defaultSilenceMs, backoffMs = defaultBackoffMs } = options;
  let { last } = options;
  let connected = false;
  let failures = 0;

  for (;;) {
    const silent = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const sign = (): void => {
      failures = 0;
      clearTimeout(timer);
      timer = setTimeout(() => silent.abort(), silenceMs);
    };
    let why: string;
    try {
      const { body } = await transport.open({
        ...request(last),
        headers: { accept: 'text/event-stream', 'last-event-id': last },
        signal: signal === undefined ? silent.signal : AbortSignal.any([silent.signal, signal]),
      });
      connected = true;
      options.onOpen?.();
      sign();
      for await (const message of readEventStream(body, sign)) {
        if (message.id !== '') last = message.id;
        yield message;
      }
      why = 'the station closed the connection';
    } catch (error) {
      signal?.throwIfAborted();
      if (!connected || !mayPass(error)) throw error;
      if (silent.signal.aborted) why = 'the station has fallen silent';
      else if (error instanceof UnreachableError || error instanceof ApiError) why = error.message;
      else why = 'the connection broke';
    } finally {
      clearTimeout(timer);
      // Also when the caller has had enough: the connection does not outlive the loop.
      silent.abort();
    }
    const ceiling = Math.min(backoffMs * 2 ** failures++, backoffMaxMs);
    const waitMs = Math.round(ceiling * (0.5 + Math.random() / 2));
    options.onRetry?.(why, waitMs);
    await pause(waitMs, signal);
  }
}
