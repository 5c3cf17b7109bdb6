/** Time and chance, handed in so that a trial may turn the hands and cast the dice itself. */

import { randomBytes } from 'node:crypto';

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

/** So many unpredictable bytes. */
export type Random = (bytes: number) => Buffer;

export const systemRandom: Random = (bytes) => randomBytes(bytes);

/** How long one waits for an answer, and how often one asks again. */
export interface Patience {
  /** Wait after the first transmission, ms; doubled for each one after it, and jittered by a quarter. */
  readonly firstMs: number;
  /** Transmissions in all, the first included. */
  readonly attempts: number;
}

/** About five seconds in all. */
export const usualPatience: Patience = { firstMs: 700, attempts: 3 };

/** How long to wait after a transmission (from 0), ms. */
export const waitAfter = (patience: Patience, transmission: number, random: Random): number =>
  patience.firstMs * 2 ** transmission * (1 + random(1).readUInt8(0) / 1024);

export const pause = (time: Time, ms: number): Promise<void> =>
  new Promise((resolve) => time.after(ms, resolve));
