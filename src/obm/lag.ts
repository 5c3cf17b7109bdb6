/** How late periodic work is begun: the longest of late, so that one look at it tells. */

export class Lag {
  readonly #windowMs: () => number;
  #since = 0;
  #worst = 0;
  #worstBefore = 0;

  /** @param windowMs what is longer ago counts no more, ms */
  constructor(windowMs: () => number) {
    this.#windowMs = windowMs;
  }

  /** Something began so late. @param now of a clock that never jumps, ms */
  began(lateMs: number, now: number): void {
    this.#turn(now);
    this.#worst = Math.max(this.#worst, lateMs);
  }

  /** Ms. */
  worst(now: number): number {
    this.#turn(now);
    return Math.max(this.#worst, this.#worstBefore);
  }

  #turn(now: number): void {
    const passed = now - this.#since;
    if (passed < this.#windowMs()) return;
    this.#worstBefore = passed < 2 * this.#windowMs() ? this.#worst : 0;
    this.#worst = 0;
    this.#since = now;
  }
}
