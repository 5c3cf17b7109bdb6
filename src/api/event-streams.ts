/**
 * Live streams of events (server-sent events, WHATWG HTML §9.2). A reader that does not keep up is
 * let go.
 */

import { setImmediate } from 'node:timers/promises';
import type { ServerResponse } from 'node:http';
import type { FastifyReply } from 'fastify';
import type { Commit, Revision } from '../core/events/commit.ts';
import type { Station } from '../station/station.ts';
import { drained } from './streaming.ts';
import { eventViews } from './views/events.ts';

export interface StreamOptions {
  /** The first commit delivered is the one after this. */
  readonly after: Revision;
  /** How many events of that first commit the reader has seen already. */
  readonly skip: number;
  /** Null: all. */
  readonly types: ReadonlySet<string> | null;
  /** For operators, in the list of subscribers. */
  readonly name: string;
  /** Asked before events are given out: a token may be revoked while its stream is open. */
  readonly isAllowed: () => boolean;
}

/**
 * Bytes that may wait for one reader. Beyond, it is let go and resumes by itself from where it was.
 */
export const unreadBytesMax = 8 * 1024 * 1024;
/**
 * Comment lines keep proxies from closing a quiet stream. A reader that takes nothing from one to
 * the next is let go.
 */
export const keepAliveMs = 15_000;
const commitsAtOnce = 100;

interface Stream {
  readonly name: string;
  readonly response: ServerResponse;
  sent: Revision;
}

export class EventStreams {
  readonly #station: Station;
  readonly #keepAliveMs: number;
  readonly #streams = new Set<Stream>();

  constructor(station: Station, keepAlive = keepAliveMs) {
    this.#station = station;
    this.#keepAliveMs = keepAlive;
  }

  /** Who is listening and how far each one is. */
  list(): { name: string; revision: Revision }[] {
    return Array.from(this.#streams, ({ name, sent }) => ({ name, revision: sent }));
  }

  /** Ends all streams; those whose readers do not read are cut off. */
  close(): void {
    for (const { response } of this.#streams) {
      if (response.writableLength > 0) response.destroy();
      else response.end();
    }
  }

  /** Takes over a reply and streams until the reader goes. */
  open(reply: FastifyReply, options: StreamOptions): void {
    reply.hijack();
    const response = reply.raw;
    response.writeHead(200, {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
    });
    response.write(': connected\n\n');
    const stream: Stream = { name: options.name, response, sent: options.after };
    this.#streams.add(stream);
    let isStalled = false;
    response.on('drain', () => (isStalled = false));
    const keepAlive = setInterval(() => {
      if (isStalled || !options.isAllowed()) return response.destroy();
      isStalled = response.writableNeedDrain;
      response.write(': keep-alive\n\n');
    }, this.#keepAliveMs);
    let unsubscribe = (): void => undefined;
    response.on('close', () => {
      clearInterval(keepAlive);
      unsubscribe();
      this.#streams.delete(stream);
    });
    this.#catchUp(stream, options)
      .then(() => {
        if (response.destroyed) return;
        unsubscribe = this.#station.log.subscribe(stream.sent, (commit) => {
          if (response.writableLength > unreadBytesMax || !options.isAllowed()) response.destroy();
          else send(stream, commit, options);
        });
      })
      .catch(() => response.destroy());
  }

  /** What is in the log already, at the reader's pace. */
  async #catchUp(stream: Stream, options: StreamOptions): Promise<void> {
    const { response } = stream;
    const limit = this.#station.log.head() - 1000;
    let sent = 0;
    for (const commit of this.#station.log.read(stream.sent)) {
      if (response.destroyed || commit.revision > limit) return;
      send(stream, commit, options);
      sent += 1;
      if (sent % commitsAtOnce === 0) await setImmediate();
      while (response.writableLength > unreadBytesMax / 2 && !response.destroyed)
        await drained(response);
    }
  }
}

const send = (stream: Stream, commit: Commit, { after, skip, types }: StreamOptions): void => {
  const seen = commit.revision === after + 1 ? skip : 0;
  const text = eventViews(commit)
    .slice(seen)
    .filter(({ type }) => !types || types.has(type))
    .map((event) => `id: ${event.id}\nevent: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`)
    .join('');
  stream.sent = commit.revision;
  if (text !== '') stream.response.write(text);
};
