/** Answers that are asked for again when something has happened. */

import { useEffect } from 'preact/hooks';
import { useAnswer } from './answer.ts';
import type { Answered } from './answer.ts';

/**
 * As `useAnswer`, and again where `round` grows, as `useChanges` counts it; what is shown stays until then.
 */
export const useAnswerAsItChanges = <T>(
  key: string | null,
  ask: (signal: AbortSignal) => Promise<T>,
  round: number,
): Answered<T> => {
  const answered = useAnswer(key, ask);
  const { again } = answered;
  useEffect(() => (round > 0 ? again() : undefined), [round]);
  return answered;
};
