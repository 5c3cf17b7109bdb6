/**
 * Tokens that a station which follows does not know. The one that leads may have issued them a moment ago: it is asked
 * before they are refused, and what the log brings is waited for. Who makes up tokens is soon refused without that.
 */

import type { FastifyRequest } from 'fastify';
import { networkOf } from '../../addresses/network.ts';
import type { Revision } from '../../core/values/revision.ts';
import { Paces } from '../../station/fair-use/paces.ts';
import type { Pace } from '../../station/fair-use/paces.ts';
import type { Station } from '../../station/station.ts';
import { ApiError } from '../errors.ts';
import { forwardedHeader } from './headers.ts';
import type { LeaderLink } from './leader-link.ts';

/** How long it may take in all until it is known what a token is, ms. */
export const unknownTokenMs = 5_000;

export const unknownTokenPaces = {
  /** Tokens of which the leader is asked, from one address. */
  ofAddress: { burst: 20, perSecond: 2 },
  /** In all. */
  inAll: { burst: 100, perSecond: 20 },
} as const satisfies Readonly<Record<string, Pace>>;

const retryAfter = 1;

export interface UnknownTokensParts {
  readonly station: Pick<Station, 'access' | 'log' | 'reached' | 'standing' | 'time'>;
  readonly link: LeaderLink;
}

export class UnknownTokens {
  readonly #station: UnknownTokensParts['station'];
  readonly #link: LeaderLink;
  readonly #ofAddress = new Paces(unknownTokenPaces.ofAddress);
  readonly #inAll = new Paces(unknownTokenPaces.inAll);
  /** What is being found out, by token: who asks several things at once is asked about once. */
  readonly #underWay = new Map<string, Promise<void>>();

  constructor({ station, link }: UnknownTokensParts) {
    this.#station = station;
    this.#link = link;
  }

  /** Whether a token that proves nothing here may be good for the station that leads. */
  mayBeKnown(token: string): boolean {
    const { access, log, standing } = this.#station;
    return log.shared !== undefined && standing.role === 'following' && access.mayCome(token);
  }

  /**
   * Waits until a token is known here, or is known to be none.
   *
   * @throws {ApiError} that cannot be told now, or too many such tokens came from there
   */
  async findOut(token: string, request: Pick<FastifyRequest, 'headers' | 'raw'>): Promise<void> {
    if (request.headers[forwardedHeader] !== undefined)
      throw cannotTell('this station was asked as if it led, and it does not');
    let underWay = this.#underWay.get(token);
    if (!underWay) {
      this.#mustBeFew(request);
      underWay = this.#find(token).finally(() => this.#underWay.delete(token));
      this.#underWay.set(token, underWay);
    }
    await underWay;
  }

  #mustBeFew({ raw }: Pick<FastifyRequest, 'raw'>): void {
    const network = networkOf(raw.socket.remoteAddress ?? '');
    if (this.#ofAddress.take(network, 0) !== null && this.#inAll.take('', 0) !== null) return;
    const why = 'too many tokens that are not known here were shown of late; is yours valid?';
    throw new ApiError('too-many-requests', why, { retryAfter });
  }

  async #find(token: string): Promise<void> {
    const { time } = this.#station;
    const late = new AbortController();
    const cancel = time.after(unknownTokenMs, () =>
      late.abort(new Error(`no answer within ${unknownTokenMs / 1000} s`)),
    );
    try {
      const at = await this.#ask(token, late.signal);
      if (at !== null) await this.#arrive(at, late.signal);
    } finally {
      cancel();
    }
  }

  /** Which revision the leader has that knows the token; null: it knows none. */
  async #ask(token: string, signal: AbortSignal): Promise<Revision | null> {
    const { leader, name } = this.#station.standing;
    if (!leader || leader.station === name) throw cannotTell('no station leads at the moment');
    try {
      const answer = await this.#link.ask({
        method: 'GET',
        url: new URL(`${leader.url.replace(/\/+$/, '')}/api/v1/whoami`),
        headers: {
          [forwardedHeader]: name ?? 'a station',
          authorization: `Bearer ${token}`,
          // A connection is kept for the next request of the same token, and most are of none.
          connection: 'close',
        },
        signal,
        send: (request) => request.end(),
      });
      answer.on('error', () => undefined).resume();
      const { statusCode: status = 500, headers } = answer;
      if (status === 401) return null;
      const at = Number(headers['halcyon-revision']);
      if (status < 500 && Number.isSafeInteger(at)) return at as Revision;
      throw new Error(`it answered ${status}`);
    } catch (error) {
      throw cannotTell(
        `${leader.station}, which leads, did not tell (${(error as Error).message})`,
      );
    }
  }

  async #arrive(at: Revision, signal: AbortSignal): Promise<void> {
    try {
      await this.#station.reached(at, signal);
    } catch {
      const why = `the token is known to the station that leads, and not here yet: it was issued by revision ${at}`;
      const revision = this.#station.log.head();
      throw new ApiError('revision-not-reached', why, { revision, retryAfter });
    }
  }
}

const cannotTell = (why: string): ApiError =>
  new ApiError(
    'no-leader',
    `the token is not known here, and whether it is valid cannot be told: ${why}. Nothing was done; try again in ` +
      'a few seconds',
    { retryAfter },
  );
