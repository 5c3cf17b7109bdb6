/**
 * The daemon's events as server-sent events (WHATWG HTML §9.2). A stream is a place in the log and the little that is
 * not sent yet: whoever is slow, or was away, reads on from there.
 */

import type { ServerResponse } from 'node:http';
import { setImmediate as turn } from 'node:timers/promises';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Journal } from '../catalogue/journal.ts';
import type { Obm } from '../catalogue/obms.ts';
import { ObmError } from '../errors.ts';
import type { Cancel, Time } from '../time.ts';
import type { Callers } from './callers.ts';
import { Refusal } from './refusals.ts';
import { knownOf, toldOf } from './told-events.ts';

export interface FeedParts {
  readonly journal: Journal;
  readonly callers: Callers;
  readonly time: Time;
}

/** At a time: stations, and whoever looks on. */
const streamsMax = 16;
/** Comments keep proxies from closing a quiet stream; a reader that takes nothing from one to the next is let go, ms. */
const keepAliveMs = 15_000;

/** OBMs of which it is told in one turn what is known. */
const sliceRows = 200;

/** Where to begin: behind so many events of the commit after `revision`. */
interface Place {
  readonly revision: number;
  readonly skip: number;
}

export const registerEvents = (
  app: FastifyInstance,
  { journal, callers, time }: FeedParts,
): void => {
  const streams = new Set<Stream>();
  app.addHook('preClose', (done) => {
    for (const stream of streams) stream.close();
    done();
  });
  app.get('/v2/events', async (request, reply) => {
    callers.mustBeAdmin(request);
    const asked = placeOf(request, journal.head);
    if (streams.size >= streamsMax)
      throw new ObmError('limit', `there are ${streamsMax} streams of events, and no more`);
    reply.hijack();
    const { head } = journal;
    const stream = new Stream(reply.raw, journal, time);
    streams.add(stream);
    try {
      if (asked === 'known') await stream.tellKnown();
      // Whoever begins now knows where that was, also where it ends before the first event.
      if (typeof asked === 'string') reply.raw.write(`id: ${head}\n\n`);
      await stream.tell(typeof asked === 'string' ? { revision: head, skip: 0 } : asked);
    } catch (err) {
      request.log.warn({ err }, 'a stream of events ended; its reader may go on from where it was');
    } finally {
      streams.delete(stream);
      stream.close();
    }
  });
};

class Stream {
  readonly #response: ServerResponse;
  readonly #journal: Journal;
  readonly #time: Time;
  readonly #gone = new AbortController();
  #wake: () => void = () => undefined;
  #cancel: Cancel = () => undefined;

  constructor(response: ServerResponse, journal: Journal, time: Time) {
    this.#response = response;
    this.#journal = journal;
    this.#time = time;
    response.on('close', () => this.#end());
    response.writeHead(200, {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      'referrer-policy': 'no-referrer',
      'x-accel-buffering': 'no',
    });
    response.write(': connected\n\n');
    this.#keepAlive();
  }

  /** Resolves when nobody reads any more. Rejects as the log does. */
  async tell({ revision, skip }: Place): Promise<void> {
    const stop = this.#journal.listen(() => this.#wake());
    let [told, seen] = [revision, skip];
    try {
      while (!this.#gone.signal.aborted) {
        const woken = new Promise<void>((resolve) => (this.#wake = resolve));
        for await (const commit of this.#journal.read(told)) {
          const piece = toldOf(commit)
            .slice(seen)
            .map(
              (event) =>
                `id: ${event.id}\nevent: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`,
            )
            .join('');
          [told, seen] = [commit.revision, 0];
          if (piece !== '') this.#response.write(piece);
          if (this.#response.writableNeedDrain) await this.#drained();
          if (this.#gone.signal.aborted) return;
        }
        if (told >= this.#journal.head) await woken;
      }
    } finally {
      stop();
    }
  }

  /** What is known of all machines now; what follows may tell some of it again. */
  async tellKnown(): Promise<void> {
    const all = [...this.#journal.obms.all()];
    for (let from = 0; from < all.length && !this.#gone.signal.aborted; from += sliceRows) {
      const piece = all
        .slice(from, from + sliceRows)
        .map(knownText)
        .join('');
      if (piece !== '') this.#response.write(piece);
      if (this.#response.writableNeedDrain) await this.#drained();
      await turn();
    }
  }

  close(): void {
    if (this.#response.writableLength > 0) this.#response.destroy();
    else this.#response.end();
    this.#end();
  }

  #end(): void {
    this.#cancel();
    this.#gone.abort();
    this.#wake();
  }

  #keepAlive(wasStalled = false): void {
    this.#cancel = this.#time.after(keepAliveMs, () => {
      const isStalled = this.#response.writableNeedDrain;
      if (isStalled && wasStalled) return void this.#response.destroy();
      if (!isStalled) this.#response.write(': keep-alive\n\n');
      this.#keepAlive(isStalled);
    });
  }

  #drained(): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        this.#response.off('drain', done).off('close', done);
        resolve();
      };
      this.#response.on('drain', done).on('close', done);
    });
  }
}

/** `12` is behind that commit, `12.0` behind its first event; `known`: now, with what is known. @throws {Refusal} */
const placeOf = (request: FastifyRequest, head: number): Place | 'now' | 'known' => {
  const query = request.query as Record<string, unknown>;
  const { from = request.headers['last-event-id'], known, ...others } = query;
  const [unknown] = Object.keys(others);
  if (unknown !== undefined)
    throw new Refusal(400, 'invalid-request', `${unknown} is not known`, unknown);
  if (known !== undefined && (known !== 'true' || from !== undefined))
    throw new Refusal(400, 'invalid-request', 'known is true, and goes without from', 'known');
  if (from === undefined) return known === undefined ? 'now' : 'known';
  const [, revision, index] =
    (typeof from === 'string' && /^(\d{1,15})(?:\.(\d{1,6}))?$/.exec(from)) || [];
  if (revision === undefined)
    throw new Refusal(400, 'invalid-request', 'from is no id of an event', 'from');
  if (Number(revision) > head)
    throw new Refusal(
      409,
      'ahead',
      `the log is at ${head}; what was read before was of another one, or it was set back`,
      'from',
    );
  if (index === undefined) return { revision: Number(revision), skip: 0 };
  return { revision: Math.max(0, Number(revision) - 1), skip: Number(index) + 1 };
};

const knownText = (obm: Obm): string => {
  const known = knownOf(obm);
  return known ? `event: known\ndata: ${JSON.stringify(known)}\n\n` : '';
};
