/** What becomes of commits that were offered to a log again. */

import { setTimeout as pause } from 'node:timers/promises';
import type { Commit } from '../../src/core/events/commit.ts';
import { revision } from '../../src/core/values/revision.ts';
import type { EventLog } from '../../src/log/log.ts';
import { commitAt as stored } from '../../src/log/reading.ts';

/** The code of the error that an append ends in; `appended` where it does in none. */
export const endOf = (log: EventLog, commit: Commit): Promise<string> =>
  log.append(commit, revision(commit.revision - 1)).then(
    () => 'appended',
    (error: Error & { code?: string }) => error.code ?? error.message,
  );

/** Longer than a failover and a busy machine take, ms. */
const patienceMs = 120_000;

/**
 * Offers a commit until the log knows: `appended` now, `kept` before, `another` in its place, or the
 * code of an error.
 */
export const fateOf = async (log: EventLog, commit: Commit): Promise<string> => {
  const deadline = Date.now() + patienceMs;
  for (;;) {
    const end = await endOf(log, commit);
    if (end === 'revision-conflict') {
      const there = await stored(log, commit.revision);
      return JSON.stringify(there) === JSON.stringify(commit) ? 'kept' : 'another';
    }
    if (!['outcome-unknown', 'append-failed', 'log-busy'].includes(end)) return end;
    if (Date.now() > deadline) return end;
    await pause(200);
  }
};

export const until = async (what: () => boolean | Promise<boolean>): Promise<boolean> => {
  const deadline = Date.now() + patienceMs;
  while (!(await what())) {
    if (Date.now() > deadline) return false;
    await pause(50);
  }
  return true;
};
