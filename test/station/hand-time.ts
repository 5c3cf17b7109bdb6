/** A clock whose hands the test turns, and the timers that go by it. */

import { setImmediate as turn } from 'node:timers/promises';
import type { Cancel, Time } from '../../src/station/time.ts';

interface Timer {
  due: number;
  readonly every: number | null;
  readonly call: () => void;
}

export class HandTime implements Time {
  #passed = 0;
  #start: number;
  readonly #timers = new Set<Timer>();

  /** @param start ms since the epoch */
  constructor(start = Date.UTC(2026, 8, 21, 12)) {
    this.#start = start;
  }

  readonly now = (): number => this.#start + this.#passed;

  readonly monotonic = (): number => this.#passed;

  /** Timers that may still call. */
  get timers(): number {
    return this.#timers.size;
  }

  after(ms: number, call: () => void): Cancel {
    return this.#add({ due: this.#passed + ms, every: null, call });
  }

  every(ms: number, call: () => void): Cancel {
    return this.#add({ due: this.#passed + ms, every: ms, call });
  }

  /** Calls what is due within so many ms, in order, and what that sets off at once. */
  async pass(ms: number): Promise<void> {
    const until = this.#passed + ms;
    await settled();
    for (;;) {
      const next = this.#next();
      if (!next || next.due > until) break;
      this.#passed = Math.max(this.#passed, next.due);
      if (next.every === null) this.#timers.delete(next);
      else next.due = Math.max(next.due, this.#passed - next.every) + next.every;
      next.call();
      await settled();
    }
    this.#passed = Math.max(this.#passed, until);
  }

  /** Sets the wall clock, and no other, so many ms ahead. */
  jump(ms: number): void {
    this.#start += ms;
  }

  /** As for a process that is halted: nothing is called before it goes on. */
  halt(ms: number): void {
    this.#passed += ms;
  }

  #add(timer: Timer): Cancel {
    this.#timers.add(timer);
    return () => void this.#timers.delete(timer);
  }

  #next(): Timer | undefined {
    let next: Timer | undefined;
    for (const timer of this.#timers) if (!next || timer.due < next.due) next = timer;
    return next;
  }
}

/** A commit to the log in memory takes a few turns of the event loop from decision to answer. */
const settled = async (): Promise<void> => {
  for (let i = 0; i < 5; i += 1) await turn();
};
