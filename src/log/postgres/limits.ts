/** What a log on PostgreSQL takes, and how it is written. */

import type { AppendLimits, Pace } from '../appends.ts';

/** Sizes are in characters of a commit's JSON, which for ASCII are bytes. */
export const postgresLogLimits: AppendLimits = {
  /** One commit; as long as what the embedded log takes, so that one can be copied into the other. */
  commitCharacters: 64 * 1024 * 1024,
  /** One transaction. */
  batchCommits: 1024,
  batchCharacters: 8 * 1024 * 1024,
  /** Commits issued and not durable yet. */
  queueCommits: 65_536,
  queueCharacters: 256 * 1024 * 1024,
};

/** One transaction at a time; what comes meanwhile is the next, and none is sent half empty. */
export const postgresPace: Pace = { eagerCommits: postgresLogLimits.batchCommits, sentBatches: 1 };
