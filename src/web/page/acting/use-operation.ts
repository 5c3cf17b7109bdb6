/** An operation that is looked at while it goes on. */

import { useState } from 'preact/hooks';
import type { Operation } from '../../../client/types.ts';
import { isUnderWay } from '../../../client/view/operation-words.ts';
import { useAnswer } from '../state/answer.ts';
import { station } from '../state/station.ts';
import { useStream } from '../state/stream.ts';

export interface Followed {
  /** As far as it is known; undefined: not at all yet. */
  readonly operation: Operation | undefined;
  /** Why nothing is known of it: there is none, or none for whoever looks. */
  readonly error: unknown;
}

/**
 * Follows an operation to its end, through broken connections and restarts of the station.
 *
 * @param id null: none
 * @param begun as it was answered when it was ordered
 */
export const useOperation = (id: number | null, begun?: Operation): Followed => {
  const [operation, setOperation] = useState(begun);
  const isOver = operation !== undefined && operation.id === id && !isUnderWay(operation);
  useStream(
    `operation ${id}`,
    id === null || isOver ? null : String(id),
    async ({ signal, onOpen, onRetry }) => {
      for await (const one of station.followOperation(id!, { signal, onOpen, onRetry }))
        setOperation(one);
      // Its end is no broken stream.
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
    },
  );
  const isAsked = id !== null && operation?.id !== id;
  const { data, error } = useAnswer(isAsked ? `operation ${id}` : null, (signal) =>
    station.operation(id!, 0, { signal }),
  );
  return { operation: operation?.id === id ? operation : data, error };
};
