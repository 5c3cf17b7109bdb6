/**
 * Small work that comes by the thousand, in one turn of the event loop: as much of it is done at once as a slice holds,
 * and the rest in its order in the next turns, so that whatever else is due is between.
 */

import type { Clock } from '../clocks.ts';
import { sliceMs } from './turns.ts';

/** So many places of work that is done are kept, however much waits; then they are taken away at once. */
const donePlacesMax = 1024;

export class Slices {
  readonly #clock: Clock;
  /** What is done holds nothing any more: there may always be something that waits behind it. */
  readonly #waiting: ((() => void) | undefined)[] = [];
  /** The first that waits; those before it are done. */
  #next = 0;
  /** When the slice of this turn is used up; null: nothing was done in it yet. */
  #until: number | null = null;

  /** @param clock never jumps, ms */
  constructor(clock: Clock = () => performance.now()) {
    this.#clock = clock;
  }

  /** Whether what comes now has to wait. */
  get isOver(): boolean {
    return (
      this.#waiting.length > this.#next || (this.#until !== null && this.#clock() >= this.#until)
    );
  }

  /** Does something now or in a later turn, never before what came earlier. */
  run(work: () => void): void {
    const mustWait = this.isOver;
    if (this.#until === null) this.#begin();
    if (mustWait) this.#waiting.push(work);
    else work();
  }

  /** The same, and waits until it is done. */
  done(work: () => void): Promise<void> {
    return new Promise((resolve, reject) => {
      this.run(() => {
        try {
          resolve(work());
        } catch (error) {
          reject(error instanceof Error ? error : new Error(String(error)));
        }
      });
    });
  }

  #begin(): void {
    this.#until = this.#clock() + sliceMs;
    setImmediate(() => this.#turn());
  }

  #turn(): void {
    this.#until = null;
    if (this.#next === this.#waiting.length) return;
    this.#begin();
    while (this.#next < this.#waiting.length && this.#clock() < this.#until!) {
      const work = this.#waiting[this.#next]!;
      this.#waiting[this.#next++] = undefined;
      work();
    }
    this.#closeUp();
  }

  /** Takes away the places of what is done, each at the cost of one that waits at the most. */
  #closeUp(): void {
    const isDone = this.#next === this.#waiting.length;
    if (!isDone && (this.#next <= donePlacesMax || this.#next <= this.#waiting.length / 2)) return;
    this.#waiting.splice(0, this.#next);
    this.#next = 0;
  }
}
