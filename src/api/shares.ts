/**
 * What one token, and all together, may have under way of what costs the station something while it
 * lasts: streams, waits, long reads.
 */

import type { FastifyReply, FastifyRequest } from 'fastify';
import { ApiError } from './errors.ts';

export interface ShareLimits {
  /** Of one token. */
  readonly each: number;
  readonly inAll: number;
}

/** Waits for the end of operations (`Prefer: wait`). */
export const waitLimits: ShareLimits = { each: 128, inAll: 1024 };

/** Seconds after which there may be room again. */
const retryAfter = 2;

export class Share {
  readonly #what: string;
  readonly #limits: ShareLimits;
  readonly #held = new Map<string, number>();
  #inAll = 0;

  /** @param what of which there is no more, in the plural */
  constructor(what: string, limits: ShareLimits) {
    this.#what = what;
    this.#limits = limits;
  }

  /** Why nobody, or not this principal, may have one more now; null: it may. */
  #refusal(principal: string): string | null {
    const { each, inAll } = this.#limits;
    if ((this.#held.get(principal) ?? 0) >= each)
      return `the token has ${each} ${this.#what} under way, which is as many as one may have`;
    return this.#inAll >= inAll
      ? `there are ${inAll} ${this.#what} under way, which is as many as there may be`
      : null;
  }

  /**
   * Takes one for whoever asks.
   *
   * @returns gives it back; to call it again does nothing
   * @throws {ApiError} too-many-requests
   */
  take(request: FastifyRequest): () => void {
    const principal = principalOf(request);
    const refusal = this.#refusal(principal);
    if (refusal !== null)
      throw new ApiError('too-many-requests', `${refusal}; try again`, { retryAfter });
    this.#inAll += 1;
    this.#held.set(principal, (this.#held.get(principal) ?? 0) + 1);
    let isHeld = true;
    return () => {
      if (!isHeld) return;
      isHeld = false;
      this.#inAll -= 1;
      const left = this.#held.get(principal)! - 1;
      if (left > 0) this.#held.set(principal, left);
      else this.#held.delete(principal);
    };
  }

  /** Runs something that counts as one of them as long as it lasts. */
  async during<T>(request: FastifyRequest, work: () => Promise<T>): Promise<T> {
    const giveBack = this.take(request);
    try {
      return await work();
    } finally {
      giveBack();
    }
  }
}

/** Whoever asks, to share with others. */
export const principalOf = (request: FastifyRequest): string => request.credential!.id;

/** The reason of work that ended because its connection did. */
export class Abandoned extends Error {
  constructor() {
    super('nobody waits for the answer any more');
    this.name = 'Abandoned';
  }
}

/** Aborted when the connection closes before it was answered. */
export const abandonment = (reply: FastifyReply): AbortSignal => {
  const controller = new AbortController();
  const abandon = (): void => {
    if (!reply.raw.writableFinished) controller.abort(new Abandoned());
  };
  if (reply.raw.destroyed) abandon();
  else reply.raw.once('close', abandon);
  return controller.signal;
};
