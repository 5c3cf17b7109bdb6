/**
 * Keeps credentials that are refused from being tried again and again: many BMCs lock the account, or the address,
 * and every try prolongs that.
 */

import { ObmError } from './errors.ts';
import type { Time } from './time.ts';

/** Waits before the second try, the third, and each one after; the last is longer than usual locks last, ms. */
const waits = [1_000, 30_000, 310_000] as const;

export class LoginGuard {
  readonly #time: Time;
  #refusals = 0;
  #nextTry = 0;

  constructor(time: Time) {
    this.#time = time;
  }

  /** When they are tried again, ms since the epoch; null while they are not refused. */
  get nextTry(): number | null {
    return this.#refusals === 0 ? null : this.#nextTry;
  }

  /** @throws {ObmError} `credentials-refused`: it is not yet time to try again; nothing is sent */
  mustMayTry(): void {
    if (this.#refusals === 0 || this.#time.now() >= this.#nextTry) return;
    const next = new Date(this.#nextTry).toISOString();
    throw new ObmError(
      'credentials-refused',
      `the credentials were refused; they are tried again at ${next}, since every try may prolong a lock`,
    );
  }

  /** What became of a try. What says nothing of the credentials changes nothing. */
  tried(error: unknown): void {
    if (error === null) this.#refusals = 0;
    else if (error instanceof ObmError && error.reason === 'credentials-refused') {
      const wait = waits[Math.min(this.#refusals, waits.length - 1)]!;
      this.#refusals++;
      this.#nextTry = this.#time.now() + wait;
    }
  }
}
