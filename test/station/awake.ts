/** Time as a process has it that a busy machine lets run only now and then: what it stood still is not counted. */

import type { Test } from 'tap';
import { systemTime } from '../../src/station/time.ts';
import type { Cancel } from '../../src/station/time.ts';

const beatMs = 20;

/** Calls after so many ms. */
export const afterAwake = (ms: number, call: () => void): Cancel => {
  let left = ms;
  const stop = systemTime.every(beatMs, () => {
    left -= beatMs;
    if (left > 0) return;
    stop();
    call();
  });
  return stop;
};

/** Tells how many ms have passed since. */
export const awakeClock = (t: Test): (() => number) => {
  let passed = 0;
  const beat = setInterval(() => (passed += beatMs), beatMs);
  t.teardown(() => clearInterval(beat));
  return () => passed;
};
