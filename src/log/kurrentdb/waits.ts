/** How long the log on KurrentDB waits. */

import type { Timers } from '../timers.ts';

/** ms */
export const waits = {
  /**
   * For a first answer; then the connection is taken for dead and another is made. Each attempt after
   * that may take twice as long as the last: a machine that is slow to connect gets there in the end.
   */
  answer: 4000,
  /** For an append, a read or a register in all, however many connections it takes. */
  call: 10_000,
  /** For the servers when the log is opened. */
  open: 20_000,
  /** Between two looks at whether the servers are there, and at their end of the log. */
  look: 5000,
  /** Between two attempts, doubled each time. */
  firstRest: 50,
  longestRest: 1000,
} as const;

export type Waits = { readonly [name in keyof typeof waits]: number };

/** Nothing came in time. What was asked for may still be done. */
export class NoAnswerError extends Error {
  constructor(ms: number) {
    super(`no answer within ${Math.round(ms)} ms`);
    this.name = 'NoAnswerError';
  }
}

/** The same promise, with an end. */
export function within<T>(timers: Timers, ms: number, promise: Promise<T>): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const cancel = timers.after(ms, () => reject(new NoAnswerError(ms)));
    promise.then(resolve, reject).finally(cancel);
  });
}
