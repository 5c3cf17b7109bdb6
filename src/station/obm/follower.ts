/**
 * Follows what one OBM daemon tells, from where the log says that it was read to. A daemon that is away, hangs, floods
 * or talks nonsense costs a try now and then, and so many bytes and events a second.
 */

import type { IncomingMessage } from 'node:http';
import type { Command } from '../../core/commands/index.ts';
import type { Graph } from '../../core/graph/graph.ts';
import { newsPerCommit, positionPattern } from '../../core/values/obm-news.ts';
import type { ObmNews } from '../../core/values/obm-news.ts';
import { Paces } from '../fair-use/paces.ts';
import type { Pace } from '../fair-use/paces.ts';
import type { StationLogger } from '../logger.ts';
import { pause } from '../time.ts';
import { ObmdError } from './errors.ts';
import { problemIn } from './obmd.ts';
import { openObmd } from './request.ts';
import type { Reach } from './request.ts';
import { SentEvents } from './sent-events.ts';
import type { SentEvent } from './sent-events.ts';
import { newsOf } from './told-news.ts';

export interface FollowerParts {
  readonly graph: () => Graph;
  readonly reach: Reach;
  /** Token of the administrator of a daemon. */
  readonly adminOf: (obmd: string) => string | undefined;
  /** Resolves when the command is durable. @throws the log did not take it */
  readonly submit: (command: Command) => Promise<unknown>;
  readonly logger: Pick<StationLogger, 'info' | 'warn'>;
}

/** A daemon says something every 15 s, ms. */
const silentMs = 45_000;
/** Until the first try after a failure, and at most from one to the next, ms. */
const [firstMs, longestMs] = [1_000, 60_000];
/** What went well for so long has not failed, ms. */
const settledMs = 120_000;
/** News that were passed over before it is recorded where to go on. */
const passedOverMax = 10_000;

/** What each daemon may tell: enough for ten thousand machines at once. Bytes, and events in the log. */
export const bytesPace: Pace = { burst: 8 * 1024 * 1024, perSecond: 64 * 1024 };
export const newsPace: Pace = { burst: 20_000, perSecond: 20 };

export class Follower {
  readonly #parts: FollowerParts;
  readonly #obmd: string;
  readonly #bytes: Paces;
  readonly #news: Paces;
  readonly #stopping = new AbortController();
  /** What the logs were told last of why nothing is heard; null: all is well. */
  #said: string | null = null;
  /** The daemon does not know any more where we were. */
  #isAhead = false;
  #running: Promise<void> = Promise.resolve();

  /** @param obmd base URL */
  constructor(obmd: string, parts: FollowerParts) {
    this.#parts = parts;
    this.#obmd = obmd;
    const { monotonic } = parts.reach.time;
    this.#bytes = new Paces(bytesPace, monotonic);
    this.#news = new Paces(newsPace, monotonic);
  }

  start(): void {
    this.#running = this.#run();
  }

  /** Once this resolves nothing of it runs any more. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    const { time } = this.#parts.reach;
    let failures = 0;
    while (!signal.aborted) {
      const began = time.monotonic();
      try {
        await this.#follow();
      } catch (error) {
        if (!signal.aborted) this.#say((error as Error).message);
      }
      if (time.monotonic() - began > settledMs) failures = 0;
      await pause(time, Math.min(firstMs * 2 ** failures, longestMs), signal);
      failures = Math.min(failures + 1, 16);
    }
  }

  #say(why: string | null): void {
    if (this.#said === why) return;
    this.#said = why;
    const { logger } = this.#parts;
    const obmd = this.#obmd;
    if (why === null) logger.info({ obmd }, 'it is heard again what an OBM daemon tells');
    else logger.warn({ obmd, why }, 'it is not heard what an OBM daemon tells');
  }

  /** @throws {ObmdError} `not-let-in`: it is gone */
  #admin(): string {
    const admin = this.#parts.adminOf(this.#obmd);
    if (admin !== undefined) return admin;
    throw new ObmdError('not-let-in', 'there is no token of its administrator');
  }

  get #position(): string | null {
    return this.#parts.graph().get('feed', this.#obmd)?.position ?? null;
  }

  /** Until the daemon ends it. @throws why nothing is heard */
  async #follow(): Promise<void> {
    const from = this.#isAhead ? null : this.#position;
    const reading: Reading = {
      after: this.#position,
      position: from,
      anew: from === null,
      news: [],
      passedOver: 0,
    };
    const events = new SentEvents();
    for await (const piece of this.#pieces(await this.#open(from))) {
      await this.#paced(this.#bytes, piece.length);
      for (const event of events.take(piece)) await this.#take(reading, event);
      await this.#tell(reading);
    }
  }

  async #take(reading: Reading, { id, data }: SentEvent): Promise<void> {
    const { obmLabels } = this.#parts.graph().indexes;
    const told = data === null ? [] : newsOf(data);
    const news = told.filter(({ label }) => obmLabels.hostOf(this.#obmd, label) !== undefined);
    reading.news.push(...news);
    // What has no id is told before the first that has one: with that it is known from where on it holds.
    if (id === null) {
      if (!reading.anew || reading.news.length > 2 * obmLabels.countOf(this.#obmd) + newsPerCommit)
        throw new ObmdError('failed', 'it tells things and not where that is');
      return;
    }
    reading.position = laterOf(reading.position, id);
    if (news.length === 0) reading.passedOver += 1;
    if (reading.news.length >= newsPerCommit) await this.#tell(reading);
  }

  async #open(from: string | null): Promise<IncomingMessage> {
    const { reach } = this.#parts;
    const admin = this.#admin();
    const answer = await openObmd(reach, this.#obmd, {
      method: 'GET',
      path: `/v2/events?${from === null ? 'known=true' : `from=${from}`}`,
      authorization: `Basic ${Buffer.from(`admin:${admin}`).toString('base64')}`,
      accept: 'text/event-stream',
      signal: this.#stopping.signal,
    });
    const { status, response } = answer;
    if (status === 200) {
      this.#say(null);
      return response;
    }
    response.destroy();
    const problem = problemIn(answer);
    this.#isAhead = status === 409 && problem?.code === 'ahead';
    if (this.#isAhead)
      throw new ObmdError('lost', 'it was set back, or is another one: what it tells begins anew');
    if (status === 404 && problem)
      throw new ObmdError('not-let-in', 'it does not take the token of its administrator');
    throw new ObmdError('failed', `it answered ${status}`);
  }

  /** As they come; whoever says nothing is left. */
  async *#pieces(response: IncomingMessage): AsyncGenerator<Buffer> {
    const { time } = this.#parts.reach;
    response.on('error', () => undefined);
    const listen = (): (() => void) =>
      time.after(silentMs, () => {
        response.destroy(new ObmdError('silent', `it said nothing for ${silentMs / 1000} s`));
      });
    let cancel = listen();
    try {
      for await (const piece of response as AsyncIterable<Buffer>) {
        cancel();
        yield piece;
        cancel = listen();
      }
    } finally {
      cancel();
      response.destroy();
    }
  }

  /** Records what is new, and where to go on. @throws somebody else has */
  async #tell(reading: Reading): Promise<void> {
    while (reading.position !== null && isWorthTelling(reading)) {
      const { after, position, anew } = reading;
      const news = reading.news.splice(0, newsPerCommit);
      await this.#paced(this.#news, news.length);
      this.#stopping.signal.throwIfAborted();
      const { submit } = this.#parts;
      await submit({ type: 'ReportObmd', obmd: this.#obmd, after, position, anew, news });
      if (this.#position !== position)
        throw new ObmdError('failed', 'the log has gone on with it from elsewhere');
      if (anew) this.#isAhead = false;
      Object.assign(reading, { after: position, anew: false, passedOver: 0 });
    }
  }

  async #paced(paces: Paces, count: number): Promise<void> {
    const wait = paces.take(this.#obmd, Infinity, count)!;
    if (wait > 0) await pause(this.#parts.reach.time, wait, this.#stopping.signal);
  }
}

interface Reading {
  /** Where the log is. */
  after: string | null;
  /** Where the stream is. */
  position: string | null;
  /** It is not known what came before. */
  anew: boolean;
  /** Not recorded yet. */
  readonly news: ObmNews[];
  /** How many there were since that are none of ours. */
  passedOver: number;
}

const isWorthTelling = ({ news, anew, passedOver }: Reading): boolean =>
  news.length > 0 || anew || passedOver >= passedOverMax;

const positions = new RegExp(positionPattern);

/** @throws {ObmdError} `failed`: it is none, or not behind the one before */
const laterOf = (before: string | null, id: string): string => {
  if (!positions.test(id) || (before !== null && !isBehind(before, id)))
    throw new ObmdError('failed', 'it tells of something that is not behind what it told before');
  return id;
};

/** `12` is before `12.0`... of the commit after it; see `GET /v2/events`. */
const isBehind = (before: string, id: string): boolean => {
  const [revision, index] = placeOf(id);
  const [last, lastIndex] = placeOf(before);
  return revision > last || (revision === last && index > lastIndex);
};

const placeOf = (position: string): [revision: number, index: number] => {
  const [revision = '', index] = position.split('.');
  return [Number(revision), index === undefined ? Infinity : Number(index)];
};
