/** One stream of KurrentDB: appended to and read, with a deadline for everything. */

import type { EventData, ReadStreamOptions } from '@kurrent/kurrentdb-client';
import { msForBytes, rest } from '../timers.ts';
import type { Timers } from '../timers.ts';
import type { Connection } from './connection.ts';
import { failureOf } from './failure.ts';
import type { Failure } from './failure.ts';
import type { Servers } from './servers.ts';
import { NoAnswerError, within } from './waits.ts';
import type { Waits } from './waits.ts';

export interface StreamEvent {
  /** From 0. */
  readonly revision: number;
  readonly data: Buffer;
  readonly metadata: unknown;
}

/** What became of an append. */
export type Appended =
  | { readonly kind: 'kept'; readonly revision: number }
  /** Another's is in its place. `doubtful`: an attempt before had no answer. */
  | { readonly kind: 'conflict'; readonly actual: number; readonly doubtful: boolean }
  | { readonly kind: 'too-large'; readonly max: number }
  | { readonly kind: 'refused' | 'unknown'; readonly error: Error };

export interface StreamParts {
  readonly servers: Servers;
  readonly timers: Timers;
  readonly waits: Waits;
  /** Aborted when the log is closed. */
  readonly signal: AbortSignal;
}

export class KurrentdbStream {
  readonly name: string;
  readonly #parts: StreamParts;

  constructor(name: string, parts: StreamParts) {
    this.name = name;
    this.#parts = parts;
  }

  /**
   * Appends all or nothing. Attempts whose end is not known are made again: the servers know the
   * events by their ids and keep them once.
   *
   * @param expected how many events are before them; undefined: it does not matter
   * @param ms for all attempts, and as much longer as so many bytes may take
   */
  async append(
    events: readonly EventData[],
    expected: number | undefined,
    ms: number,
  ): Promise<Appended> {
    const bytes = events.reduce((sum, { data }) => sum + (data as Uint8Array).length, 0);
    const more = msForBytes(bytes);
    const streamState =
      expected === undefined ? 'any' : expected === 0 ? 'no_stream' : before(expected);
    const { servers } = this.#parts;
    let doubtful = false;
    try {
      const { nextExpectedRevision } = await this.#attempts(
        ms,
        (connection, deadline) => {
          const terms = { streamState, deadline, ...servers.terms } as const;
          return connection.use((client) => client.appendToStream(this.name, [...events], terms));
        },
        ({ kind }) => {
          doubtful ||= kind === 'unknown';
          return kind === 'unknown' || kind === 'not-leader' || kind === 'not-now';
        },
        more,
      );
      return { kind: 'kept', revision: Number(nextExpectedRevision) };
    } catch (error) {
      const failure = failureOf(error);
      if (failure.kind === 'conflict') return { ...failure, doubtful };
      // The size is looked at first: an attempt before would have ended like this one.
      if (failure.kind === 'too-large') return failure;
      return { kind: doubtful ? 'unknown' : 'refused', error: error as Error };
    }
  }

  /**
   * Events from a revision on, in order; none where the stream ends before, or is not there.
   *
   * @throws what the client throws, when `ms` are over
   */
  page(from: number, count: number, ms = this.#parts.waits.call): Promise<StreamEvent[]> {
    return this.#read(ms, { fromRevision: BigInt(from), maxCount: count });
  }

  /** The last event; undefined where there is none. */
  async last(ms = this.#parts.waits.call): Promise<StreamEvent | undefined> {
    const end = { direction: 'backwards', fromRevision: 'end', maxCount: 1 } as const;
    return (await this.#read(ms, end))[0];
  }

  /** Sees to what the servers keep of it; the rest of what is set stays. */
  async keep(settings: { maxCount?: number; truncateBefore?: number }): Promise<void> {
    const { servers, waits } = this.#parts;
    const { call } = waits;
    const { metadata } = await this.#attempts(
      call,
      ({ client }) => client.getStreamMetadata(this.name, servers.terms),
      mayBeOtherwiseSoon,
    );
    const [[name, value] = []] = Object.entries(settings);
    const set: Readonly<Record<string, unknown>> | undefined = metadata;
    if (name === undefined || set?.[name] === value) return;
    await this.#attempts(
      call,
      (connection, deadline) => {
        const all = { ...metadata, ...settings };
        const terms = { deadline, ...servers.terms };
        return connection.use((client) => client.setStreamMetadata(this.name, all, terms));
      },
      mayBeOtherwiseSoon,
    );
  }

  async #read(ms: number, options: ReadStreamOptions): Promise<StreamEvent[]> {
    const { servers } = this.#parts;
    try {
      return await this.#attempts(
        ms,
        async ({ client }) => {
          const found: StreamEvent[] = [];
          for await (const one of client.readStream(this.name, { ...options, ...servers.terms })) {
            const { event } = one;
            if (event) found.push(streamEvent(event));
          }
          return found;
        },
        mayBeOtherwiseSoon,
      );
    } catch (error) {
      if (failureOf(error).kind === 'absent') return [];
      throw error;
    }
  }

  async #attempts<T>(
    ms: number,
    call: (connection: Connection, deadline: number) => Promise<T>,
    again: (failure: Failure) => boolean,
    more = 0,
  ): Promise<T> {
    const { servers, timers, waits, signal } = this.#parts;
    const end = timers.monotonic() + ms + more;
    const left = (): number => end - timers.monotonic();
    let { answer, firstRest: pause } = waits;
    // An attempt that has no time to be answered would only be one more in doubt.
    const least = answer / 8;
    for (;;) {
      const { connection } = servers;
      let failed: unknown;
      try {
        const deadline = Math.min(answer + more, Math.max(1, left()));
        // What fails at once does so inside, where it is caught.
        const called = Promise.try(() => call(connection, deadline));
        return await within(timers, deadline, called);
      } catch (error) {
        const failure = failureOf(error);
        if (failure.kind === 'not-leader') servers.renew(connection, failure.leader);
        else if (failure.kind === 'unknown' || failure.kind === 'not-now')
          servers.renew(connection);
        if (!again(failure) || left() <= pause + least || signal.aborted) throw error;
        if (error instanceof NoAnswerError) answer *= 2;
        failed = error;
      }
      await rest(timers, pause, signal);
      pause = Math.min(pause * 2, waits.longestRest);
      if (left() <= least) throw failed;
    }
  }
}

const before = (count: number): bigint => BigInt(count - 1);

const mayBeOtherwiseSoon = ({ kind }: Failure): boolean =>
  kind === 'unknown' || kind === 'not-leader' || kind === 'not-now';

export function streamEvent(event: {
  readonly revision: bigint;
  readonly data: unknown;
  readonly metadata: unknown;
}): StreamEvent {
  const { data, metadata } = event;
  // What was written as JSON, by somebody else, comes parsed.
  const bytes = data instanceof Uint8Array ? data : Buffer.from(JSON.stringify(data) ?? '');
  return {
    revision: Number(event.revision),
    data: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength),
    metadata,
  };
}
