/**
 * Live streams of events (server-sent events, WHATWG HTML §9.2). A stream is a place in the log and a
 * little that is not sent yet: recent commits come from one ring that all share, older ones from the
 * log at the pace of the reader.
 */

import type { ServerResponse } from 'node:http';
import { getDefaultHighWaterMark } from 'node:stream';
import type { FastifyReply } from 'fastify';
import type { Commit } from '../core/events/commit.ts';
import { revision } from '../core/values/revision.ts';
import type { Revision } from '../core/values/revision.ts';
import { Share, streamLimits } from '../station/fair-use/shares.ts';
import type { Station } from '../station/station.ts';
import { EventRing } from './event-ring.ts';
import type { Told } from './event-ring.ts';
import { machinesToldOf } from './sight.ts';

export interface StreamOptions {
  /** The first commit delivered is the one after this. */
  readonly after: Revision;
  /** How many events of that first commit the reader has seen already. */
  readonly skip: number;
  /** Null: all. */
  readonly types: ReadonlySet<string> | null;
  /** Who reads; for operators, in the list of subscribers. */
  readonly name: string;
  /** Asked before events are given out: a token may be revoked while its stream is open. */
  readonly isAllowed: () => boolean;
  /** Whether the reader may be told of an event; absent: of all. */
  readonly shows?: (machines: readonly string[], at: Revision) => boolean;
}

/**
 * Beyond so many bytes that a reader has not taken, the next event waits in the log: what Node lets
 * wait before it asks to hold back.
 */
export const unsentBytesMax = getDefaultHighWaterMark(false);
/** Events are sent together until they are so many characters. */
const pieceCharacters = 8 * 1024;
/**
 * Comment lines keep proxies from closing a quiet stream. A reader that takes nothing from one to
 * the next is let go.
 */
export const keepAliveMs = 15_000;

class Stream {
  readonly options: StreamOptions;
  readonly response: ServerResponse;
  readonly gone: AbortSignal;
  /** The last commit that was told to its end. */
  told: Revision;
  /** Events of the next one that were told, or that the reader had seen. */
  #events: number;
  /** A commit from the log, until it is told to its end. */
  #current: Told | undefined;
  isReadingLog = false;

  constructor(response: ServerResponse, options: StreamOptions) {
    const gone = new AbortController();
    response.on('close', () => gone.abort());
    this.gone = gone.signal;
    this.response = response;
    this.options = options;
    this.told = options.after;
    this.#events = options.skip;
  }

  get hasRoom(): boolean {
    return !this.response.destroyed && !this.response.writableNeedDrain;
  }

  /** The commit that is told next, if it is at hand. */
  next(ring: EventRing): Told | undefined {
    return this.#current ?? ring.of(revision(this.told + 1));
  }

  /** Tells of the next commit as much as there is room for. */
  tell(next: Told): void {
    const { types, isAllowed, shows } = this.options;
    if (!isAllowed()) {
      this.response.destroy();
      return;
    }
    this.#current = next;
    while (this.#events < next.events.length && this.hasRoom) {
      let piece = '';
      while (this.#events < next.events.length && piece.length < pieceCharacters) {
        const { type, text, machines } = next.events[this.#events++]!;
        if (types && !types.has(type)) continue;
        if (!shows || shows(machines, next.revision)) piece += text;
      }
      if (piece !== '') this.response.write(piece);
    }
    if (this.#events < next.events.length) return;
    this.told = next.revision;
    this.#events = 0;
    this.#current = undefined;
  }
}

export class EventStreams {
  readonly #station: Station;
  readonly #keepAliveMs: number;
  /** Of those of operations, too. */
  readonly share = new Share('event streams', streamLimits);
  readonly #streams = new Set<Stream>();
  readonly #ring: EventRing;
  /** Ends the subscription that feeds the ring, which there is while anybody reads. */
  #unsubscribe: (() => void) | null = null;
  #hasNews = false;
  #isWaking = false;

  constructor(station: Station, keepAlive = keepAliveMs) {
    this.#station = station;
    this.#ring = new EventRing((event) => machinesToldOf(station.graph, event));
    this.#keepAliveMs = keepAlive;
  }

  /** Who is listening and how far each one is. */
  list(): { name: string; revision: Revision }[] {
    return Array.from(this.#streams, ({ options, told }) => ({
      name: options.name,
      revision: told,
    }));
  }

  /** Ends all streams; those whose readers do not read are cut off. */
  close(): void {
    for (const { response } of this.#streams) {
      if (response.writableLength > 0) response.destroy();
      else response.end();
    }
  }

  /**
   * Takes over a reply and streams until the reader goes.
   *
   * @throws {ShareExceededError} there are too many already
   */
  open(reply: FastifyReply, options: StreamOptions): void {
    const giveBack = this.share.take(options.name);
    reply.hijack();
    const response = reply.raw;
    const stream = new Stream(response, options);
    response.writeHead(200, {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
    });
    response.write(': connected\n\n');
    this.#streams.add(stream);
    this.#unsubscribe ??= this.#subscribe();
    let isStalled = false;
    const keepAlive = setInterval(() => {
      if (isStalled || !options.isAllowed()) return response.destroy();
      isStalled = response.writableNeedDrain;
      response.write(': keep-alive\n\n');
    }, this.#keepAliveMs);
    response.on('drain', () => {
      isStalled = false;
      this.#pump(stream);
    });
    response.on('close', () => {
      clearInterval(keepAlive);
      giveBack();
      this.#streams.delete(stream);
      if (this.#streams.size > 0) return;
      this.#unsubscribe?.();
      this.#unsubscribe = null;
      this.#ring.clear();
    });
    this.#pump(stream);
  }

  #subscribe(): () => void {
    const { log } = this.#station;
    return log.subscribe(log.head(), (commit: Commit) => {
      this.#ring.push(commit);
      this.#hasNews = true;
      if (!this.#isWaking) void this.#wakeAll();
    });
  }

  /** Tells all streams the news. Where they are many, what comes meanwhile is told in one go. */
  async #wakeAll(): Promise<void> {
    this.#isWaking = true;
    const turn = await this.#station.turns.begin('event streams', new AbortController().signal);
    while (this.#hasNews) {
      this.#hasNews = false;
      for (const stream of this.#streams) {
        // One that has nothing to be told, or no room, has lost its token as well.
        if (!stream.options.isAllowed()) stream.response.destroy();
        this.#pump(stream);
        if (turn.isOver) await turn.next();
      }
    }
    this.#isWaking = false;
  }

  /** Tells a stream whatever it has room for. */
  #pump(stream: Stream): void {
    while (!stream.isReadingLog && stream.hasRoom) {
      const next = stream.next(this.#ring);
      if (next) stream.tell(next);
      else if (stream.told < this.#station.log.head()) void this.#readLog(stream);
      else return;
    }
  }

  /** Tells what is in the log and not in the ring, in fair turns, until the reader has enough. */
  async #readLog(stream: Stream): Promise<void> {
    stream.isReadingLog = true;
    try {
      const turn = await this.#station.turns.begin(stream.options.name, stream.gone);
      for await (const commit of this.#station.log.read(stream.told)) {
        stream.tell(this.#ring.read(commit));
        if (!stream.hasRoom || this.#ring.of(revision(stream.told + 1))) break;
        if (turn.isOver) await turn.next();
      }
      stream.isReadingLog = false;
      this.#pump(stream);
    } catch {
      // The reader has gone, or the log cannot be read: it comes again from where it was.
      stream.response.destroy();
    }
  }
}
