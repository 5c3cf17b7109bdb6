/** Waits in effects: until something is so, it is too late, or nobody wants to know any more. */

import type { Time } from '../../time.ts';

export interface Wait<T> {
  readonly time: Time;
  readonly signal: AbortSignal;
  /** What is waited for; undefined: not yet. Asked at once, at each change, and every few seconds. */
  readonly look: () => T | undefined;
  /** Calls at each change, until what it returns is called. */
  readonly changes: (listener: () => void) => () => void;
  /** Ms since the epoch. */
  readonly until: number;
}

/** What no change tells of is seen after so long, ms. */
const lookEveryMs = 5_000;

/**
 * @returns undefined: it was not so in time
 * @throws the reason of the signal
 */
export const waitFor = async <T>(wait: Wait<T>): Promise<T | undefined> => {
  const { time, signal, look, changes, until } = wait;
  signal.throwIfAborted();
  const { promise, resolve, reject } = Promise.withResolvers<T | undefined>();
  const see = (): void => {
    try {
      const found = look();
      if (found !== undefined) resolve(found);
      else if (time.now() >= until) resolve(undefined);
    } catch (error) {
      reject(error);
    }
  };
  const abort = (): void => reject(signal.reason as Error);
  signal.addEventListener('abort', abort, { once: true });
  const ends = [
    changes(see),
    time.every(lookEveryMs, see),
    time.after(Math.max(0, until - time.now()), see),
  ];
  see();
  try {
    return await promise;
  } finally {
    for (const end of ends) end();
    signal.removeEventListener('abort', abort);
  }
};
