/** The machine's own time, which a test sets ahead where it would only wait for a deadline. */

import type { Timers } from '../../src/log/timers.ts';

interface Waiting {
  readonly due: number;
  readonly call: () => void;
  timer: NodeJS.Timeout;
}

/** So far ahead with each beat while it flies, ms. */
const leap = 20_000;
const beat = 20;

export class LeapingTimers implements Timers {
  #ahead = 0;
  readonly #waiting = new Set<Waiting>();

  monotonic(): number {
    return performance.now() + this.#ahead;
  }

  after(ms: number, call: () => void): () => void {
    const due = this.monotonic() + ms;
    const waiting: Waiting = { due, call, timer: setTimeout(() => this.#fire(waiting), ms) };
    this.#waiting.add(waiting);
    return () => this.#forget(waiting);
  }

  /** Sets it ahead; what is due by then is called at once, in its order. */
  leap(ms: number): void {
    this.#ahead += ms;
    const now = this.monotonic();
    for (const waiting of [...this.#waiting].sort((a, b) => a.due - b.due)) {
      if (!this.#waiting.has(waiting)) continue;
      if (waiting.due <= now) this.#fire(waiting);
      else {
        clearTimeout(waiting.timer);
        waiting.timer = setTimeout(() => this.#fire(waiting), waiting.due - now);
      }
    }
  }

  /**
   * Lets it fly, for as long as nothing can be answered anyway.
   *
   * @returns what lets it go on as the machine's
   */
  fly(): () => void {
    const flying = setInterval(() => this.leap(leap), beat);
    return () => clearInterval(flying);
  }

  #fire(waiting: Waiting): void {
    this.#forget(waiting);
    waiting.call();
  }

  #forget(waiting: Waiting): void {
    clearTimeout(waiting.timer);
    this.#waiting.delete(waiting);
  }
}
