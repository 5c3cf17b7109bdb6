/** How fast each of many may do something: so often at once, then at a pace. */

import type { Time } from './time.ts';

export interface Pace {
  /** So often at once. */
  readonly burst: number;
  /** Then once in so long, ms. */
  readonly everyMs: number;
  /** Of whom it is remembered; who did it longest ago is forgotten. */
  readonly keysMax: number;
}

export class Paces {
  readonly #time: Time;
  readonly #pace: Pace;
  /** When each may do it as often as at first again, ms; the latest last. */
  readonly #rested = new Map<string, number>();

  constructor(time: Time, pace: Pace) {
    this.#time = time;
    this.#pace = pace;
  }

  /** Counts once, unless that was once too often. @returns whether it was not */
  take(key: string): boolean {
    const { burst, everyMs, keysMax } = this.#pace;
    const now = this.#time.monotonic();
    const rested = Math.max(this.#rested.get(key) ?? 0, now) + everyMs;
    if (rested - now > burst * everyMs) return false;
    this.#rested.delete(key);
    this.#rested.set(key, rested);
    if (this.#rested.size > keysMax) this.#rested.delete(this.#rested.keys().next().value!);
    return true;
  }
}
