/** What is counted up from many rows, in slices, and again when they have changed, but not all the time. */

import { useEffect, useRef, useState } from 'preact/hooks';
import { inSlices } from '../state/slices.ts';

/** At most so often, ms. */
const everyMs = 1500;

/**
 * @param of what it is counted from: where that is another, it is counted anew
 * @param steps undefined: it is not wanted now
 */
export const useSteps = <T>(
  of: readonly unknown[],
  steps: (() => Generator<unknown, T>) | undefined,
): T | undefined => {
  const [found, setFound] = useState<T | undefined>(undefined);
  const state = useRef<{ at: number; steps: typeof steps }>({ at: -everyMs, steps });
  state.current.steps = steps;
  const isWanted = steps !== undefined;
  useEffect(() => {
    if (!isWanted) return undefined;
    const giveUp = new AbortController();
    const waitMs = Math.max(0, state.current.at + everyMs - performance.now());
    const timer = setTimeout(() => {
      state.current.at = performance.now();
      inSlices(state.current.steps!(), giveUp.signal)
        .then((next) => giveUp.signal.aborted || setFound(next))
        .catch(() => undefined);
    }, waitMs);
    return () => {
      clearTimeout(timer);
      giveUp.abort();
    };
  }, [...of, isWanted]);
  return found;
};
