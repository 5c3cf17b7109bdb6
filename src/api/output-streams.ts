/**
 * Streams of what processes write, from their agents to viewers. A piece is asked of the agent when
 * the one before has been taken by the viewer: so nothing gathers here, however slow somebody is.
 */

import type { ServerResponse } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import type { FastifyReply } from 'fastify';
import { changesRights } from '../core/rights/changes.ts';
import type { OutputPiece, OutputSource } from '../station/duties/agent-sessions.ts';
import type { Station } from '../station/station.ts';
import { ApiError } from './errors.ts';
import { drained } from './streaming.ts';

/** At a time. */
export const viewersMax = 256;
/** How long an agent may take to say that it has understood, ms. */
const answerMs = 10_000;
/** Empty lines keep proxies from closing a quiet stream, ms. */
const keepAliveMs = 15_000;
/** A viewer that takes nothing for so long is let go, ms: its place may be wanted. */
export const standstillMs = 10 * 60_000;

type Data = Extract<OutputPiece, { readonly channel: string }>;
type End = Extract<OutputPiece, { readonly end: string }>;

interface Format {
  readonly type: string;
  readonly keepAlive: string;
  piece(piece: Data): string | Buffer;
  end(end: { readonly end: string; readonly message: string }): string;
}

const line = (value: object): string => `${JSON.stringify(value)}\n`;

const formats = {
  ndjson: {
    type: 'application/x-ndjson',
    keepAlive: '\n',
    piece: ({ channel, data }) =>
      channel === 'note'
        ? line({ note: data.toString() })
        : line({ stream: channel, data: data.toString('base64') }),
    end: ({ end, message }) => line({ end, message }),
  },
  // What the process wrote and nothing else: an end that is none breaks the connection off.
  plain: {
    type: 'text/plain; charset=utf-8',
    keepAlive: '',
    piece: ({ channel, data }) => (channel === 'note' ? '' : data),
    end: () => '',
  },
} as const satisfies Readonly<Record<string, Format>>;

export interface ViewOptions {
  readonly format: keyof typeof formats;
  /** Asked before output is given out: a token may be revoked while its stream is open. */
  readonly isAllowed: () => boolean;
}

interface View {
  readonly response: ServerResponse;
  readonly format: Format;
  readonly isAllowed: () => boolean;
  /** Something was sent. */
  isBegun: boolean;
}

export class OutputStreams {
  readonly #log: Station['log'];
  readonly #standstillMs: number;
  readonly #views = new Set<View>();
  /** Ends the subscription that tells of lost rights, which there is while anybody looks. */
  #unsubscribe: (() => void) | null = null;

  constructor(log: Station['log'], standstill = standstillMs) {
    this.#log = log;
    this.#standstillMs = standstill;
  }

  /** @throws ApiError where there are too many viewers */
  mustHaveRoom(): void {
    if (this.#views.size >= viewersMax)
      throw new ApiError(
        'too-many-viewers',
        `the station shows output to ${viewersMax} viewers, and no more at a time`,
      );
  }

  /** Ends all streams; those whose readers do not read are cut off. */
  close(): void {
    for (const view of this.#views) end(view, { end: 'station', message: 'the station stops' });
  }

  /**
   * Takes over a reply and streams until the output or the viewer ends.
   *
   * @throws ApiError where there is nothing to stream
   */
  async serve(reply: FastifyReply, source: OutputSource, options: ViewOptions): Promise<void> {
    const response = reply.raw;
    response.once('close', () => source.close());
    const format: Format = formats[options.format];
    const view: View = { response, format, isAllowed: options.isAllowed, isBegun: false };
    // From now on it counts, or many at once would be too many.
    this.#add(view);
    response.once('close', () => this.#delete(view));
    try {
      await begun(source);
    } catch (error) {
      this.#delete(view);
      source.close();
      throw error;
    }
    if (response.destroyed) return;
    reply.hijack();
    view.isBegun = true;
    response.writeHead(200, {
      'content-type': format.type,
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
    });
    response.flushHeaders();
    if (!options.isAllowed()) return end(view, revoked);
    const stopWatching = this.#watch(view);
    for (;;) {
      const piece = await source.next();
      if (response.destroyed || response.writableEnded) break;
      if (!options.isAllowed()) {
        end(view, revoked);
        break;
      }
      if ('end' in piece) {
        end(view, piece);
        break;
      }
      if (!response.write(format.piece(piece))) await drained(response);
    }
    stopWatching();
  }

  #add(view: View): void {
    this.#views.add(view);
    this.#unsubscribe ??= this.#log.subscribe(this.#log.head(), (commit) => {
      if (changesRights(commit)) this.#endForbidden();
    });
  }

  #delete(view: View): void {
    this.#views.delete(view);
    if (this.#views.size > 0) return;
    this.#unsubscribe?.();
    this.#unsubscribe = null;
  }

  /** Ends what nobody may look at any more, though nothing is written. */
  #endForbidden(): void {
    for (const view of this.#views)
      if (view.isBegun && !view.response.writableEnded && !view.isAllowed()) end(view, revoked);
  }

  /** Looks after a viewer that is quiet, or that stands still. */
  #watch({ response, format, isAllowed }: View): () => void {
    let moved = performance.now();
    response.on('drain', () => (moved = performance.now()));
    const timer = setInterval(
      () => {
        if (!response.writableNeedDrain) {
          moved = performance.now();
          if (!isAllowed()) response.destroy();
          else if (format.keepAlive !== '') response.write(format.keepAlive);
        } else if (performance.now() - moved >= this.#standstillMs) response.destroy();
      },
      Math.min(keepAliveMs, this.#standstillMs),
    );
    const stop = (): void => clearInterval(timer);
    response.once('close', stop);
    return stop;
  }
}

const revoked = { end: 'revoked', message: 'the token does not allow it any more' };

/** The first piece is the agent's word that it has understood. */
const begun = async (source: OutputSource): Promise<void> => {
  const late = new AbortController();
  const silence = wait(answerMs, undefined, { signal: late.signal })
    .catch(() => undefined)
    .then(() => 'silence' as const);
  const first = await Promise.race([source.next(), silence]);
  late.abort();
  if (first === 'silence')
    throw new ApiError('agent-silent', `its agent did not answer within ${answerMs / 1000} s`);
  if (!('end' in first) || first.end === 'done') return;
  throw new ApiError(refusals[first.end], first.message);
};

const refusals = {
  busy: 'too-many-viewers',
  unreadable: 'output-unreadable',
  gone: 'agent-away',
} as const satisfies Readonly<Record<Exclude<End['end'], 'done'>, string>>;

const end = (
  { response, format }: View,
  why: { readonly end: string; readonly message: string },
): void => {
  const isWhole = why.end === 'done' || format.keepAlive !== '';
  if (!isWhole || response.writableNeedDrain) response.destroy();
  else response.end(format.end(why));
};
