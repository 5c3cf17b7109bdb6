/** Time as the driver goes by it: nothing that asks a server waits without an end. */

export interface Timers {
  /** A clock that never jumps, ms. */
  monotonic(): number;
  /** Calls once, when at least so many ms have passed; gives what takes it back. */
  after(ms: number, call: () => void): () => void;
}

export const systemTimers: Timers = {
  monotonic: () => performance.now(),
  after(ms, call) {
    const timer = setTimeout(call, ms);
    return () => clearTimeout(timer);
  },
};

/** How long the driver waits, ms. */
export const waits = {
  /** For one answer; then the connection is taken for dead and another is made. */
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

/** Resolves after so many ms, or as soon as the signal is aborted. */
export const rest = (timers: Timers, ms: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const end = (): void => {
      cancel();
      signal.removeEventListener('abort', end);
      resolve();
    };
    const cancel = timers.after(ms, end);
    signal.addEventListener('abort', end);
  });
