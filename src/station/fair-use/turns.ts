/**
 * Fair turns for work that costs: one slice of it a turn of the event loop, whoever it is for, and
 * principals one after the other. So a flood of it delays others by one slice, and whoever asks for
 * little is not behind whoever asks for much.
 */

import type { Clock } from '../clocks.ts';

/** How long a slice may hold the event loop, ms. */
export const sliceMs = 8;

/** The right to work for a slice, again and again. */
export interface Turn {
  /** Aborted when nobody waits for the result any more. */
  readonly signal: AbortSignal;
  /** Whether the slice is used up: then `next` is to be awaited before going on. */
  readonly isOver: boolean;
  /**
   * Waits for the next slice.
   *
   * @throws the reason of the signal, once it is aborted
   */
  next(): Promise<void>;
}

/** Items of several principals, one of each in turn. */
export class FairQueue<T> {
  readonly #items = new Map<string, T[]>();

  push(principal: string, item: T): void {
    const items = this.#items.get(principal);
    if (items) items.push(item);
    else this.#items.set(principal, [item]);
  }

  /** The first item of the principal whose turn it is, who comes last then. */
  shift(): T | undefined {
    for (const [principal, items] of this.#items) {
      const item = items.shift()!;
      this.#items.delete(principal);
      if (items.length > 0) this.#items.set(principal, items);
      return item;
    }
    return undefined;
  }

  get isEmpty(): boolean {
    return this.#items.size === 0;
  }
}

export class Turns {
  readonly #clock: Clock;
  readonly #waiting = new FairQueue<() => void>();
  #isScheduled = false;

  /** @param clock never jumps, ms */
  constructor(clock: Clock = () => performance.now()) {
    this.#clock = clock;
  }

  /** Waits for the first slice. */
  async begin(principal: string, signal: AbortSignal): Promise<Turn> {
    const clock = this.#clock;
    let until = 0;
    const turn: Turn = {
      signal,
      get isOver() {
        return clock() >= until;
      },
      next: async () => {
        signal.throwIfAborted();
        await new Promise<void>((resolve) => this.#wait(principal, resolve));
        signal.throwIfAborted();
        until = clock() + sliceMs;
      },
    };
    await turn.next();
    return turn;
  }

  #wait(principal: string, resolve: () => void): void {
    this.#waiting.push(principal, resolve);
    this.#schedule();
  }

  #schedule(): void {
    if (this.#isScheduled || this.#waiting.isEmpty) return;
    this.#isScheduled = true;
    // The slice runs when this callback has ended; the next one comes after whatever else is due.
    setImmediate(() => {
      this.#isScheduled = false;
      this.#waiting.shift()?.();
      this.#schedule();
    });
  }
}

/** Runs work that can be interrupted wherever it yields. */
export const inTurns = async <T>(turn: Turn, work: Iterator<unknown, T>): Promise<T> => {
  for (;;) {
    const step = work.next();
    if (step.done) return step.value;
    if (turn.isOver) await turn.next();
  }
};
