/** Which revision the log had when. */

import { revision } from '../../core/values/revision.ts';
import type { EventLog } from '../../log/log.ts';
import { commitAt } from '../../log/reading.ts';
import type { Turn } from '../fair-use/turns.ts';

export interface LogMoment {
  readonly revision: number;
  /** Ms since the epoch. */
  readonly at: number;
}

/** One of the stretches of equal length between two times. */
export interface LogStep {
  readonly until: number;
  /** The last one until then. */
  readonly revision: number;
  readonly commits: number;
}

/** A revision and when it was; null: the log has none such. */
export const momentAt = async (log: EventLog, at: number): Promise<LogMoment | null> => {
  if (at < 1 || at > log.head()) return null;
  const commit = await commitAt(log, revision(at));
  return commit ? { revision: commit.revision, at: commit.at } : null;
};

/** How much of the log, up to a head, is in each of some stretches of time; and what was before them. */
export const momentsBetween = async (
  log: EventLog,
  { since, until, steps, head }: Readonly<Record<'since' | 'until' | 'steps' | 'head', number>>,
  turn: Turn,
): Promise<{ before: number; steps: LogStep[] }> => {
  /** Commits may come while it is looked. */
  const revisionAt = async (time: number): Promise<number> =>
    Math.min(head, await log.revisionAt(time));
  const before = await revisionAt(since - 1);
  const told: LogStep[] = [];
  for (let i = 1, reached = before; i <= steps; i += 1) {
    const end = since + Math.round(((until - since) * i) / steps);
    const at = await revisionAt(end);
    told.push({ until: end, revision: at, commits: at - reached });
    reached = at;
    if (turn.isOver) await turn.next();
  }
  return { before, steps: told };
};
