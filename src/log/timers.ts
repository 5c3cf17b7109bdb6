/** Time as drivers of logs on servers go by it, handed in: nothing that asks a server waits without an end. */

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

/** Bytes that are written in a second even by a slow server far away. */
const slowBytesPerSecond = 2 * 1024 * 1024;

/** How much longer a server may take for so many bytes, ms. */
export const msForBytes = (bytes: number): number => Math.ceil((bytes / slowBytesPerSecond) * 1000);
