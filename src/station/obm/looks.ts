/**
 * Looks at machines by their OBMs that somebody wants: of many who want the same one at once there is one, and none so
 * soon after the last. They run behind the requests that set them off; whoever would rather wait for them may.
 */

import { Paces } from '../fair-use/paces.ts';
import { Share, ShareExceededError, lookingLimits } from '../fair-use/shares.ts';
import type { Time } from '../time.ts';
import { ObmdError } from './errors.ts';
import { ReadingError } from './readings.ts';
import type { Refreshed } from '../../core/values/obm.ts';
import type { Trouble } from './observed.ts';

/** Does it, and keeps what it saw. @throws {ObmdError} why it could not */
export type Look = (signal: AbortSignal) => Promise<void>;

export interface LooksParts {
  readonly time: Time;
  /** Looks that one may set off in a second. */
  readonly perSecond: () => number;
  /** How soon after a look none follows, ms. */
  readonly freshMs: () => number;
}

/** How the last try went. */
export interface LastTry {
  /** By the clock that never jumps, ms. */
  readonly ended: number;
  readonly trouble: Trouble | null;
}

/** Seconds' worth of what one may set off at once. */
export const actorBurstSeconds = 100;
/** Tries that are remembered; the oldest is forgotten. */
const triesMax = 65_536;

export class Looks {
  readonly #parts: LooksParts;
  readonly #actors: Paces;
  readonly #share = new Share('looks at OBMs', lookingLimits);
  readonly #flights = new Map<string, Promise<void>>();
  readonly #tries = new Map<string, LastTry>();
  readonly #stopping = new AbortController();

  constructor(parts: LooksParts) {
    this.#parts = parts;
    const { perSecond, time } = parts;
    this.#actors = new Paces(
      () => ({ burst: perSecond() * actorBurstSeconds, perSecond: perSecond() }),
      time.monotonic,
    );
  }

  /** How the last look at something went that was set off here. */
  lastTry(host: string, what: Refreshed): LastTry | undefined {
    return this.#tries.get(keyOf(host, what));
  }

  /** Resolves when the one is over that is under way; null: none is. */
  underWay(host: string, what: Refreshed): Promise<void> | null {
    return this.#flights.get(keyOf(host, what)) ?? null;
  }

  /** Something is sent to an OBM for somebody. @throws {ShareExceededError} too often */
  mustTake(actor: string): void {
    if (this.#actors.take(actor, 0) !== null) return;
    throw new ShareExceededError(
      `you set off more than ${this.#parts.perSecond()} orders and looks a second at OBMs; try again`,
    );
  }

  /**
   * Sets a look off, or joins one that is under way.
   *
   * @param withinMs a look that was over longer ago counts for nothing, as something has happened since
   * @returns resolves when it is over, however; null: there is none, because the last one was so short ago, or too many
   *   are under way
   */
  want(
    host: string,
    what: Refreshed,
    actor: string,
    look: Look,
    withinMs = Infinity,
  ): Promise<void> | null {
    const key = keyOf(host, what);
    const flight = this.#flights.get(key);
    if (flight) return flight;
    const { time, freshMs } = this.#parts;
    const last = this.#tries.get(key);
    if (last && time.monotonic() - last.ended < Math.min(freshMs(), withinMs)) return null;
    try {
      const giveBack = this.#share.take(actor);
      if (this.#actors.take(actor, 0) === null) {
        giveBack();
        return null;
      }
      return this.#fly(key, look, giveBack);
    } catch (error) {
      if (error instanceof ShareExceededError) return null;
      throw error;
    }
  }

  /** The same for an operation, which has been counted and is waited for. @returns why it could not be looked at */
  async must(host: string, what: Refreshed, look: Look): Promise<Trouble | null> {
    const key = keyOf(host, what);
    await (this.#flights.get(key) ?? this.#fly(key, look, () => undefined));
    return this.#tries.get(key)?.trouble ?? null;
  }

  /** Ends all that are under way. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await Promise.all(this.#flights.values());
  }

  #fly(key: string, look: Look, giveBack: () => void): Promise<void> {
    const flight = this.#try(key, look).finally(() => {
      giveBack();
      this.#flights.delete(key);
    });
    this.#flights.set(key, flight);
    return flight;
  }

  async #try(key: string, look: Look): Promise<void> {
    let trouble: Trouble | null = null;
    try {
      await look(this.#stopping.signal);
    } catch (error) {
      trouble = troubleOf(error as Error);
    }
    this.#tries.delete(key);
    this.#tries.set(key, { ended: this.#parts.time.monotonic(), trouble });
    if (this.#tries.size > triesMax) this.#tries.delete(this.#tries.keys().next().value!);
  }
}

const keyOf = (host: string, what: Refreshed): string => `${host} ${what}`;

const troubleOf = (error: Error): Trouble => {
  if (error instanceof ReadingError) return { reason: error.code, message: error.detail };
  const reason = error instanceof ObmdError ? error.reason : 'internal';
  return { reason, message: error.message };
};
