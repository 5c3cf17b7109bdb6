/** What fails for now is asked again by itself, as long as somebody looks. */

import { useEffect } from 'preact/hooks';
import { ApiError, UnreachableError } from '../../../client/errors.ts';
import { liveNow } from './live.ts';

/** From a failure to the next question, ms; a station may ask for more. */
const againMs = 3000;

/** Statuses that a proxy answers with while there is no station behind it. */
const ofProxies: ReadonlySet<number> = new Set([502, 503, 504]);

/** Whether the station may answer when it is asked again: it was not reached, or has no time. */
const isPassing = (error: unknown): boolean => {
  if (error instanceof UnreachableError) return true;
  if (!(error instanceof ApiError)) return false;
  const { code, status } = error;
  if (code === 'unexpected-answer') return ofProxies.has(status);
  return status === 429 || (status === 503 && code !== 'not-in-place');
};

/**
 * Asks again a while after something has failed for now. Whoever does not look, or holds the page still, has it wait.
 *
 * @returns what takes it back
 */
export const againLater = (error: unknown, again: () => void): (() => void) => {
  if (!isPassing(error)) return () => undefined;
  const { retryAfterMs = 0 } = error instanceof ApiError ? error : {};
  const ms = Math.max(againMs, retryAfterMs);
  const due = (): void => {
    if (document.hidden || liveNow().isPaused) timer = setTimeout(due, ms);
    else again();
  };
  let timer = setTimeout(due, ms);
  return () => clearTimeout(timer);
};

/** As `againLater`, for the last error that is shown; undefined: there is none. */
export const useAgainLater = (error: unknown, again: () => void): void =>
  useEffect(() => againLater(error, again), [error, again]);
