/**
 * What a following station does with a request that only the leading one can answer: it passes it on as it came, with
 * the caller's own token, and hands back the answer as it comes.
 */

import type { ClientRequest, IncomingMessage } from 'node:http';
import { pipeline } from 'node:stream';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { waitMax } from '../../contract/parameters.ts';
import type { Revision } from '../../core/values/revision.ts';
import type { Place, Standing } from '../../station/leadership/standing.ts';
import type { Station } from '../../station/station.ts';
import { pause } from '../../station/time.ts';
import { Abandoned, abandonment } from '../asker.ts';
import { ApiError } from '../errors.ts';
import { cookieIn } from '../page-session/cookie.ts';
import { forwardedHeader, fromLeader, toLeader } from './headers.ts';
import { CutOffError, LeaderLink, NotReachedError } from './leader-link.ts';
import { UnknownTokens } from './unknown-tokens.ts';

/** How long the leader may take to begin with an answer: the longest that it may be asked to wait, and some more, ms. */
const answerMs = (waitMax + 30) * 1000;
/** How long an answer is kept back so that its caller finds here what it speaks of, ms. */
export const ownReadsMs = 2_000;
/**
 * How long the answer to a command is waited for when another station leads: it may be on its way, as when the command
 * was to retire the one that led, ms.
 */
export const lastAnswerMs = 2_000;
/** How often it is looked who leads, where no commit tells, ms. */
const lookMs = 1_000;
/** When a leader may be there, s. */
const retryAfter = 1;

/** Another station leads now, or none: what was asked of the former one is asked again. */
class LeaderChanged extends Error {}

const nobodyLeads = (why: string): ApiError =>
  new ApiError('no-leader', `${why}. Nothing was done; try again in a few seconds`, { retryAfter });

const isUnknown = (url: string, why: string): ApiError =>
  new ApiError(
    'outcome-unknown',
    `the station that leads (${url}) did not answer: ${why}. It may have been done; repeat it with the same ` +
      'Idempotency-Key to be told',
    { retryAfter },
  );

/** What goes on for as long as the same station leads. */
interface UnderWay {
  readonly isOver: (standing: Standing) => boolean;
  readonly end: () => void;
}

export interface PassingOnParts {
  readonly station: Pick<Station, 'standing' | 'log' | 'access' | 'time' | 'reached'>;
  /** PEM certificates of authorities that other stations are believed by, besides the system's. */
  readonly ca: string | undefined;
}

export class PassingOn {
  /** Tokens that only the leader may know. */
  readonly unknownTokens: UnknownTokens;
  readonly #station: PassingOnParts['station'];
  readonly #link: LeaderLink;
  /** What goes on for as long as the same station leads. */
  readonly #underWay = new Set<UnderWay>();
  #unwatch: (() => void) | null = null;

  constructor({ station, ca }: PassingOnParts) {
    this.#station = station;
    this.#link = new LeaderLink(station.time, ca);
    this.unknownTokens = new UnknownTokens({ station, link: this.#link });
  }

  /** Whether another station is to be asked for what only one station knows or does. */
  get isFollowing(): boolean {
    const { log, standing } = this.#station;
    return log.shared !== undefined && standing.role === 'following';
  }

  /** How many requests are with the leader, or answered here because this station leads. */
  get underWay(): number {
    return this.#underWay.size;
  }

  /** After it is known who asks, and before anything of a body is read. */
  readonly hook = (
    request: FastifyRequest,
    reply: FastifyReply,
    done: (error?: Error) => void,
  ): void => {
    if (request.routeOptions.config.answeredBy !== 'leader') return done();
    if (!this.isFollowing) return this.#answerAsLeader(request, reply, done);
    if (request.headers.upgrade !== undefined) return done(this.#misdirected());
    this.#passOn(request, reply).catch(done);
  };

  /** Says with each answer to another station which revision it has, so that the other can wait for it. */
  sayRevision(app: FastifyInstance): void {
    app.addHook('onSend', (request, reply, payload, done) => {
      if (request.headers[forwardedHeader] !== undefined && !reply.hasHeader('halcyon-revision'))
        reply.header('halcyon-revision', this.#station.log.head());
      done(null, payload);
    });
  }

  close(): void {
    for (const { end } of this.#underWay) end();
    this.#link.close();
  }

  #misdirected(): ApiError {
    const leader = this.#leader();
    const who = leader
      ? `${leader.station} does, at ${leader.url}`
      : 'nobody does at the moment, as far as is known here';
    return new ApiError('misdirected', `agents speak to the station that leads: ${who}`, {
      retryAfter,
      ...(leader ? { leader } : {}),
    });
  }

  /** Another one that leads, as far as is known. */
  #leader(): Place | null {
    const { leader, name } = this.#station.standing;
    return leader?.station === name ? null : leader;
  }

  async #passOn(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    const by = request.headers[forwardedHeader];
    if (by !== undefined)
      throw nobodyLeads(`${String(by)} passed this on to a station that does not lead`);
    const leader = this.#leader();
    if (!leader) throw nobodyLeads('no station leads at the moment');
    mustFit(request);
    const ended = new AbortController();
    const gone = abandonment(reply);
    const signal = AbortSignal.any([ended.signal, gone]);
    const { time } = this.#station;
    let changed = Infinity;
    const forget = this.#watch({
      isOver: (now) => {
        const isSame = now.role === 'following' && now.leader?.station === leader.station;
        changed = isSame ? Infinity : Math.min(changed, time.monotonic());
        return time.monotonic() - changed >= (isCommand(request) ? lastAnswerMs : 0);
      },
      end: () => ended.abort(new LeaderChanged('another station leads now, or none')),
    });
    const cancel = time.after(answerMs, () =>
      ended.abort(new CutOffError(`no answer within ${answerMs / 1000} s`)),
    );
    let answer: IncomingMessage;
    try {
      answer = await this.#link.ask({
        method: request.method,
        url: new URL(leader.url.replace(/\/+$/, '') + request.raw.url!),
        headers: toLeader(request.headers, {
          station: this.#station.standing.name ?? 'a station',
          authorization: this.#shownByCookie(request),
        }),
        signal,
        send: (passed) => sendBody(request, passed),
      });
    } catch (error) {
      forget();
      gone.throwIfAborted();
      throw refusalOf(error, leader, request.method);
    } finally {
      cancel();
    }
    if (isCommand(request)) await this.#waitFor(answer, gone);
    this.#handOn(answer, reply, forget);
  }

  /** The cookie counts for the pages of this station; it holds a token like any other. */
  #shownByCookie(request: FastifyRequest): string | undefined {
    if (request.headers.authorization !== undefined || !request.credential) return undefined;
    const cookie = cookieIn(request, this.#station.access.mark);
    return typeof cookie === 'string' ? undefined : `Bearer ${cookie.token}`;
  }

  /** Whoever has changed something reads it here from now on; after a while he is answered all the same. */
  async #waitFor({ headers }: IncomingMessage, gone: AbortSignal): Promise<void> {
    const at = Number(headers['halcyon-revision']);
    if (!Number.isSafeInteger(at)) return;
    const enough = new AbortController();
    const signal = AbortSignal.any([enough.signal, gone]);
    const patience = pause(this.#station.time, ownReadsMs, signal);
    const there = this.#station.reached(at as Revision, signal).catch(() => undefined);
    await Promise.race([there, patience]);
    enough.abort();
  }

  #handOn(answer: IncomingMessage, reply: FastifyReply, forget: () => void): void {
    reply.hijack();
    const { raw } = reply;
    const own = reply.getHeaders() as Record<string, string>;
    raw.writeHead(answer.statusCode!, { ...own, ...fromLeader(answer.headers) });
    raw.flushHeaders();
    // Where it breaks off, so does the answer here: its reader sees that it is not whole.
    pipeline(answer, raw, () => forget());
  }

  /** What only who leads can tell ends when it does not lead any more; a command learns that by itself. */
  #answerAsLeader(request: FastifyRequest, reply: FastifyReply, done: () => void): void {
    if (this.#station.log.shared !== undefined && !isCommand(request)) {
      const forget = this.#watch({
        isOver: ({ role }) => role === 'following',
        end: () => reply.raw.destroy(),
      });
      reply.raw.once('close', forget);
    }
    done();
  }

  /** Ends something as soon as it is over. */
  #watch(one: UnderWay): () => void {
    this.#underWay.add(one);
    const { log, time } = this.#station;
    if (!this.#unwatch) {
      const look = (): void => this.#look();
      const unsubscribe = log.subscribe(log.head(), () => queueMicrotask(look));
      const cancel = time.every(lookMs, look);
      this.#unwatch = () => {
        unsubscribe();
        cancel();
      };
    }
    return () => {
      if (!this.#underWay.delete(one) || this.#underWay.size > 0) return;
      this.#unwatch?.();
      this.#unwatch = null;
    };
  }

  #look(): void {
    const { standing } = this.#station;
    for (const { isOver, end } of this.#underWay) if (isOver(standing)) end();
  }
}

const isCommand = ({ method }: FastifyRequest): boolean => method !== 'GET' && method !== 'HEAD';

const tooLarge = (): ApiError =>
  new ApiError('body-too-large', 'the body is larger than this request may be');

const mustFit = ({ headers, routeOptions: { bodyLimit } }: FastifyRequest): void => {
  if (Number(headers['content-length'] ?? 0) > bodyLimit) throw tooLarge();
};

/** As it comes, and no more than may be. */
const sendBody = ({ raw, routeOptions }: FastifyRequest, passed: ClientRequest): void => {
  let bytes = 0;
  raw.on('data', (piece: Buffer) => {
    bytes += piece.length;
    if (bytes > routeOptions.bodyLimit) passed.destroy(tooLarge());
  });
  raw.pipe(passed);
};

const refusalOf = (error: unknown, { station, url }: Place, method: string): Error => {
  const { message, cause } = error as Error;
  // What was not sent to its end, nobody has done.
  if (cause instanceof ApiError) return cause;
  if (error instanceof NotReachedError)
    return nobodyLeads(`${station}, which leads, cannot be reached at ${url} (${message})`);
  if (error instanceof CutOffError || error instanceof LeaderChanged)
    return method === 'GET' || method === 'HEAD'
      ? nobodyLeads(`${station}, which leads, did not answer (${message})`)
      : isUnknown(url, message);
  return error instanceof Abandoned ? error : (error as Error);
};
