/** Things that say nothing by themselves are asked again and again, while somebody looks. */

import { useEffect, useState } from 'preact/hooks';
import { liveNow } from './live.ts';

/** A number that grows every so many ms, where the page is looked at and not held still. */
export const useEvery = (ms: number): number => {
  const [round, setRound] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => {
      if (!document.hidden && !liveNow().isPaused) setRound((last) => last + 1);
    }, ms);
    return () => clearInterval(timer);
  }, [ms]);
  return round;
};
