/**
 * How fast one address may be told that it is not let in. Whoever shows what is valid is never counted, and so not
 * held up by who guesses from the same address.
 */

import type { Time } from '../time.ts';

const burst = 20;
const perSecond = 2;
/** Addresses that are remembered; the one that knocked longest ago is forgotten. */
const addressesMax = 10_000;

export class Knocks {
  readonly #time: Time;
  /** When each will have been forgiven everything, ms; the latest last. */
  readonly #forgiven = new Map<string, number>();

  constructor(time: Time) {
    this.#time = time;
  }

  /** Counts one that was not let in. @returns whether it was one too many */
  refused(address: string): boolean {
    const now = this.#time.monotonic();
    const before = Math.max(this.#forgiven.get(address) ?? 0, now);
    const after = before + 1000 / perSecond;
    if (after - now > (burst * 1000) / perSecond) return true;
    this.#forgiven.delete(address);
    this.#forgiven.set(address, after);
    if (this.#forgiven.size > addressesMax)
      this.#forgiven.delete(this.#forgiven.keys().next().value!);
    return false;
  }
}
