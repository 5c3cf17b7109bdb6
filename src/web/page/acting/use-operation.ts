/** An operation that is looked at while it goes on. */

import { useEffect, useState } from 'preact/hooks';
import type { Operation } from '../../../client/types.ts';
import { streamBroke, streamWorks } from '../state/live.ts';
import { isExpired, station } from '../state/station.ts';
import { useSession } from '../state/who.ts';

export interface Followed {
  /** As far as it is known; undefined: not at all yet. */
  readonly operation: Operation | undefined;
  /** Why it is followed no more; undefined: it is, or it has ended. */
  readonly error: unknown;
}

/**
 * Follows an operation to its end, through broken connections and restarts of the station.
 *
 * @param id null: none
 * @param begun as it was answered when it was ordered
 */
export const useOperation = (id: number | null, begun?: Operation): Followed => {
  const [followed, setFollowed] = useState<Followed>({ operation: begun, error: undefined });
  const { signedIn } = useSession();
  useEffect(() => {
    if (id === null) return undefined;
    const giveUp = new AbortController();
    const { signal } = giveUp;
    const name = `operation ${id}`;
    const follow = async (): Promise<void> => {
      const onRetry = (why: string): void => streamBroke(name, why);
      for await (const operation of station.followOperation(id, { signal, onRetry })) {
        streamWorks(name);
        setFollowed({ operation, error: undefined });
      }
    };
    follow()
      .catch((error: unknown) => {
        // Whoever signs in again follows it again.
        if (!signal.aborted && !isExpired(error))
          setFollowed((last) => ({ operation: last.operation, error }));
      })
      .finally(() => streamWorks(name));
    return () => giveUp.abort();
  }, [id, signedIn]);
  return followed;
};
