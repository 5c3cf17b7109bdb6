/** Time and chance, handed in so that a trial may turn the hands and cast the dice itself. */

import { systemRandom, systemTime as ipmiTime } from '../ipmi/time.ts';
import type { Cancel, Random, Time as IpmiTime } from '../ipmi/time.ts';

export type { Cancel, Random };
export { systemRandom };

export interface Time extends IpmiTime {
  /** Wall clock, ms since the epoch. */
  now(): number;
}

export const systemTime: Time = { ...ipmiTime, now: () => Date.now() };

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

/** Waits for something, but for no longer than so many ms. Never rejects. */
export const atMost = (time: Time, ms: number, work: Promise<unknown>): Promise<void> =>
  new Promise((resolve) => {
    const cancel = time.after(ms, resolve);
    const end = (): void => {
      cancel();
      resolve();
    };
    work.then(end, end);
  });
