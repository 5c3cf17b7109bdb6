/**
 * Time as a station goes by it. All that waits, beats or expires is handed one, so that a trial may
 * turn the hands itself.
 */

import type { Clock } from './clocks.ts';

/** Takes a timer back; to call it again does nothing. */
export type Cancel = () => void;

export interface Time {
  /** Wall clock, ms since the epoch. */
  readonly now: Clock;
  /** A clock that never jumps, ms. */
  readonly monotonic: Clock;
  /** Calls once, when at least so many ms have passed. */
  after(ms: number, call: () => void): Cancel;
  /** Calls every so many ms. */
  every(ms: number, call: () => void): Cancel;
}

export const systemTime: Time = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after(ms, call) {
    const timer = setTimeout(call, ms);
    return () => clearTimeout(timer);
  },
  every(ms, call) {
    const timer = setInterval(call, ms);
    return () => clearInterval(timer);
  },
};

/** Resolves after so many ms, or as soon as the signal is aborted. */
export const pause = (time: Time, ms: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const end = (): void => {
      cancel();
      signal.removeEventListener('abort', end);
      resolve();
    };
    const cancel = time.after(ms, end);
    signal.addEventListener('abort', end);
  });
