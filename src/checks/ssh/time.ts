/** Time and chance, handed in so that a trial may turn the hands itself. */

/** Takes a timer back; to call it again does nothing. */
export type Cancel = () => void;

export interface Time {
  /** A clock that never jumps, ms. */
  monotonic(): number;
  /** Calls once, when at least so many ms have passed. */
  after(ms: number, call: () => void): Cancel;
}

export const systemTime: Time = {
  monotonic: () => performance.now(),
  after(ms, call) {
    const timer = setTimeout(call, ms);
    return () => clearTimeout(timer);
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
