/** What the station answers, while it is asked, and when that fails. */

import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { useAgainLater } from './passing.ts';
import { isExpired } from './station.ts';
import { useSession } from './who.ts';

export interface Answered<T> {
  /** The last answer; what is asked anew leaves it until there is another. Undefined: there was none yet. */
  readonly data: T | undefined;
  /** Why the last question has no answer. */
  readonly error: unknown;
  readonly isLoading: boolean;
  /** Asks once more. */
  readonly again: () => void;
}

/**
 * Asks the station, and asks anew where `key` changes: all that the question depends on. What is no longer wanted is
 * given up. Where the session has ended, it is asked again as soon as somebody has signed in; where the station was not
 * reached, after a while.
 *
 * @param changes asks anew where it changes, and goes on showing what was answered until then: see `useChanges`
 */
export const useAnswer = <T>(
  key: string | null,
  ask: (signal: AbortSignal) => Promise<T>,
  changes = 0,
): Answered<T> => {
  const [state, setState] = useState<{ key: string | null; data?: T; error?: unknown }>({ key });
  const [round, setRound] = useState(0);
  const [isLoading, setLoading] = useState(key !== null);
  const asking = useRef(ask);
  asking.current = ask;
  const { signedIn } = useSession();
  useEffect(() => {
    if (key === null) return undefined;
    const giveUp = new AbortController();
    setLoading(true);
    asking
      .current(giveUp.signal)
      .then((data) => !giveUp.signal.aborted && setState({ key, data }))
      .catch((error: unknown) => {
        if (giveUp.signal.aborted || isExpired(error)) return;
        setState((last) => (last.key === key ? { ...last, error } : { key, error }));
      })
      .finally(() => !giveUp.signal.aborted && setLoading(false));
    return () => giveUp.abort();
  }, [key, round, changes, signedIn]);
  const again = useCallback(() => setRound((last) => last + 1), []);
  const { data, error } = state.key === key ? state : {};
  useAgainLater(error, again);
  return { data, error, isLoading, again };
};
