/** Requests that wait until the station has a revision (`at_least`), for a while and not too many of them. */

import type { FastifyReply, FastifyRequest } from 'fastify';
import { awaitedSeconds } from '../contract/parameters.ts';
import { revision } from '../core/values/revision.ts';
import type { Revision } from '../core/values/revision.ts';
import { arrivalLimits, Share } from '../station/fair-use/shares.ts';
import type { Station } from '../station/station.ts';
import { abandonment, principalOf } from './asker.ts';
import { ApiError } from './errors.ts';
import { preferredWait } from './preferred-wait.ts';

export class Arrivals {
  readonly #station: Station;
  readonly #share = new Share('requests that wait for a revision', arrivalLimits);

  constructor(station: Station) {
    this.#station = station;
  }

  /**
   * Resolves once a station shows what a request asks it to show, which is durable then.
   *
   * @returns undefined where there is nothing to wait for
   * @throws {ApiError} it did not come in time
   * @throws {ShareExceededError} as many wait as may
   */
  of(request: FastifyRequest, reply: FastifyReply): Promise<void> | undefined {
    const { at_least: wanted } = request.query as { readonly at_least?: number };
    if (wanted === undefined || wanted <= this.#durable) return undefined;
    const seconds = Math.min(awaitedSeconds.max, preferredWait(request) ?? awaitedSeconds.usual);
    return this.#share.during(principalOf(request), () =>
      this.#wait(revision(wanted), seconds, abandonment(reply)),
    );
  }

  /** The graph may be ahead of the log's disk, and at a follower behind what the log has. */
  get #durable(): Revision {
    const { head, log } = this.#station;
    return revision(Math.min(head, log.head()));
  }

  async #wait(wanted: Revision, seconds: number, gone: AbortSignal): Promise<void> {
    const late = new AbortController();
    const cancel = this.#station.time.after(seconds * 1000, () => late.abort());
    try {
      await this.#station.reached(wanted, AbortSignal.any([late.signal, gone]));
    } catch (error) {
      gone.throwIfAborted();
      if (!late.signal.aborted) throw error;
      throw this.#notReached(wanted, seconds);
    } finally {
      cancel();
    }
  }

  #notReached(wanted: Revision, seconds: number): ApiError {
    const has = this.#durable;
    const why = `revision ${wanted} did not come within ${seconds} s; this station has ${has}`;
    return new ApiError('revision-not-reached', why, { revision: has, retryAfter: 1 });
  }
}
