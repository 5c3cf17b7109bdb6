/** Waiting that ends with who waits; the work goes on for whoever else waits for it. */

import type { Time } from './time.ts';

/** @throws the signal's reason, where it is aborted first */
export const orAborted = <T>(work: Promise<T>, signal: AbortSignal): Promise<T> =>
  new Promise((resolve, reject) => {
    const leave = (): void => reject(signal.reason as Error);
    signal.addEventListener('abort', leave, { once: true });
    const end = (): void => signal.removeEventListener('abort', leave);
    work.then(
      (value) => {
        end();
        resolve(value);
      },
      (error: Error) => {
        end();
        reject(error);
      },
    );
  });

/** Undefined after so many ms, or when the signal is aborted. */
export const orSooner = <T>(
  work: Promise<T>,
  time: Time,
  ms: number,
  signal: AbortSignal,
): Promise<T | undefined> =>
  new Promise((resolve) => {
    const settle = (value: T | undefined): void => {
      cancel();
      signal.removeEventListener('abort', leave);
      resolve(value);
    };
    const leave = (): void => settle(undefined);
    const cancel = time.after(ms, leave);
    signal.addEventListener('abort', leave, { once: true });
    if (signal.aborted) leave();
    work.then(settle, leave);
  });
