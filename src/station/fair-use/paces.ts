/** How fast each of many may go on: so many at once, then so many a second. */

import type { Clock } from '../clocks.ts';

export interface Pace {
  /** At once, after a rest. */
  readonly burst: number;
  readonly perSecond: number;
}

/** Of so many the latest are remembered; who is forgotten begins with a full burst. */
const principalsMax = 20_000;

interface Bucket {
  /** How many may still be taken; below zero what was promised ahead. */
  left: number;
  at: number;
}

export class Paces {
  readonly #paceOf: () => Pace;
  readonly #clock: Clock;
  readonly #buckets = new Map<string, Bucket>();

  /**
   * @param pace may become another one at any time where it is a function
   * @param clock never jumps, ms
   */
  constructor(pace: Pace | (() => Pace), clock: Clock = () => performance.now()) {
    this.#paceOf = typeof pace === 'function' ? pace : () => pace;
    this.#clock = clock;
  }

  /**
   * Takes some, or promises them for later.
   *
   * @param longestMs how long they may be waited for
   * @param count at most as many as there may be at once
   * @returns ms until they may be used; null where that would be too long: nothing was taken
   */
  take(principal: string, longestMs: number, count = 1): number | null {
    const { burst, perSecond } = this.#paceOf();
    const now = this.#clock();
    const bucket = this.#bucket(principal, now);
    bucket.left = Math.min(burst, bucket.left + ((now - bucket.at) * perSecond) / 1000);
    bucket.at = now;
    const wait = bucket.left >= count ? 0 : ((count - bucket.left) * 1000) / perSecond;
    if (wait > longestMs) return null;
    bucket.left -= count;
    return wait;
  }

  #bucket(principal: string, at: number): Bucket {
    let bucket = this.#buckets.get(principal);
    if (bucket) return bucket;
    this.#buckets.set(principal, (bucket = { left: this.#paceOf().burst, at }));
    if (this.#buckets.size > principalsMax)
      for (const oldest of this.#buckets.keys()) {
        this.#buckets.delete(oldest);
        break;
      }
    return bucket;
  }
}
