/** What the embedded log takes, and how it is written. */

import type { Pace } from '../appends.ts';

/** Sizes are in characters of a commit's JSON, which for ASCII are bytes. */
export const sqliteLogLimits = {
  /** One commit. */
  commitCharacters: 64 * 1024 * 1024,
  /**
   * One message to the writer. A transaction takes messages until it has as many commits, so it has
   * less than twice.
   */
  batchCommits: 1024,
  batchCharacters: 8 * 1024 * 1024,
  /** Commits issued and not durable yet. */
  queueCommits: 65_536,
  queueCharacters: 256 * 1024 * 1024,
} as const;

export type SqliteLogLimits = { readonly [name in keyof typeof sqliteLogLimits]: number };

/** The writer joins the batches that it finds into one transaction. */
export const sqlitePace: Pace = { eagerCommits: 64, sentBatches: 16 };
