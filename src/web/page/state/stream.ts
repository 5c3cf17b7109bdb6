/**
 * Streams of the station, as long as somebody looks. Browsers have few connections to one server, for all its tabs
 * together: a tab that nobody has looked at for a while lets go of its streams, and goes on when it is looked at again.
 */

import { useEffect, useRef } from 'preact/hooks';
import { streamBroke, streamWorks } from './live.ts';
import { isExpired } from './station.ts';
import { useSession } from './who.ts';

/** How a stream tells of its connection: options of the client's `follow…`. */
export interface Followed {
  readonly signal: AbortSignal;
  readonly onOpen: () => void;
  readonly onRetry: (why: string) => void;
  readonly silenceMs: number;
}

/** A station says something at least every 15 s. */
const silenceMs = 35_000;
const hiddenMs = 30_000;
const againMs = 3000;

/**
 * Follows something until it is not shown any more, and anew where `key` changes.
 *
 * @param name for the banner that tells when it is broken
 * @param key null: nothing is followed
 * @param follow ends by its signal or an error only; goes on from where it was, if it remembers that
 */
export const useStream = (
  name: string,
  key: string | null,
  follow: (followed: Followed) => Promise<void>,
): void => {
  const { signedIn } = useSession();
  const following = useRef(follow);
  following.current = follow;
  useEffect(() => {
    if (key === null) return undefined;
    let giveUp: AbortController | undefined;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const begin = (): void => {
      clearTimeout(timer);
      if (giveUp) return;
      const own = (giveUp = new AbortController());
      const { signal } = own;
      void following
        .current({
          ...{ signal, silenceMs },
          onOpen: () => signal.aborted || streamWorks(name),
          onRetry: (why) => signal.aborted || streamBroke(name, why),
        })
        .then(() => 'it ended')
        .catch((error: Error) => (isExpired(error) ? 'your session has ended' : error.message))
        .then((why) => {
          if (signal.aborted) return;
          giveUp = undefined;
          streamBroke(name, why);
          timer = setTimeout(begin, againMs);
        });
    };
    const end = (): void => {
      clearTimeout(timer);
      giveUp?.abort();
      giveUp = undefined;
    };
    const looked = (): void => {
      clearTimeout(timer);
      if (document.hidden) timer = setTimeout(end, hiddenMs);
      else begin();
    };
    document.addEventListener('visibilitychange', looked);
    begin();
    return () => {
      document.removeEventListener('visibilitychange', looked);
      end();
      streamWorks(name);
    };
  }, [name, key, signedIn]);
};
