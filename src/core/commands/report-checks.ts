/** The station has confirmed by its looks that machines are otherwise than they were. */

import { decided, unchanged } from '../decision.ts';
import type { Decide } from '../decision.ts';
import type { EventDraft } from '../events/catalogue.ts';
import { checkLimits } from '../values/checks.ts';
import type { Cause, Verdict } from '../values/checks.ts';

export interface ConfirmedChange {
  readonly fqdn: string;
  readonly check: string;
  readonly verdict: Verdict;
  readonly cause: Cause | null;
  readonly text: string;
  /** Ms since the epoch. */
  readonly seen: number;
}

export interface ReportChecks {
  readonly type: 'ReportChecks';
  /** `checkLimits.perCommit` at most. */
  readonly changes: readonly ConfirmedChange[];
}

/** Of machines that have left, and of what is known already, nothing follows. The last of a machine and check counts. */
export const reportChecks: Decide<ReportChecks> = (graph, { changes }) => {
  if (changes.length > checkLimits.perCommit)
    throw new RangeError(`${changes.length} changes in one commit`);
  const events: EventDraft[] = [];
  for (const [fqdn, its] of Map.groupBy(changes, (change) => change.fqdn)) {
    if (!graph.get('host', fqdn)) continue;
    const known = new Map(
      graph.get('health', fqdn)?.checks.map(({ check, verdict }) => [check, verdict]),
    );
    const latest = new Map(its.map((change) => [change.check, change]));
    const fresh = [...latest.values()].flatMap(({ check, verdict, cause, text, seen }) => {
      const before = known.get(check) ?? null;
      const isRoom = known.has(check) || known.size < checkLimits.checks;
      if (before === verdict || !isRoom) return [];
      known.set(check, verdict);
      return [{ check, before, verdict, cause, text: text.slice(0, checkLimits.text), seen }];
    });
    if (fresh.length > 0) events.push({ type: 'ChecksChanged', data: { fqdn, changes: fresh } });
  }
  return events.length === 0 ? unchanged : decided(events);
};
