/** How long the log on PostgreSQL waits. */

import { msForBytes } from '../timers.ts';

/** ms */
export interface Deadlines {
  /** Until a host has let us in. */
  readonly connectMs: number;
  /**
   * Until a statement is answered. Ten seconds and more: what a failover among servers takes must
   * not look like one that failed.
   */
  readonly answerMs: number;
  /** Between two looks for what other stations have appended, besides what they tell. */
  readonly lookMs: number;
  /** Between two attempts to reach the servers: the first, and the longest; each is twice the last. */
  readonly restMs: number;
  readonly restMaxMs: number;
}

export const deadlines: Deadlines = {
  connectMs: 5000,
  answerMs: 10_000,
  lookMs: 1000,
  restMs: 100,
  restMaxMs: 5000,
};

/** Until a statement with so many bytes in it is answered, ms. */
export const answerMsFor = ({ answerMs }: Deadlines, bytes: number): number =>
  answerMs + msForBytes(bytes);
