/** A number that grows now and then, for what is asked again, while the page is looked at and not held still. */

import { useEffect, useState } from 'preact/hooks';
import { liveNow } from '../state/live.ts';

export const useRound = (everyMs: number): number => {
  const [round, setRound] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => {
      if (!document.hidden && !liveNow().isPaused) setRound((last) => last + 1);
    }, everyMs);
    return () => clearInterval(timer);
  }, [everyMs]);
  return round;
};
