/** The recovery of a host that was lost: when attempts are made, and when it is given up. */

import type { EventDraft } from '../events/catalogue.ts';
import { deadlineId } from '../graph/changes.ts';
import type { ReadGraph } from '../graph/read-graph.ts';
import type { RecoveryRow } from '../graph/rows/hosts.ts';
import { varOf } from '../graph/vars.ts';
import { beginWithinUsual } from '../values/queues.ts';
import type { ActiveStep } from '../values/recovery-policy.ts';
import { fence, impediment, stepDue } from './recovery-policy.ts';

/** Attempts that follow each other without end come at least this often, ms. */
const longestPause = 3600 * 1000;
/** Settings that ask for more attempts than one a second get one a second, ms. */
const shortestPause = 1000;

/** How many attempts are made before a host is given up; null: it never is. */
export const attemptsMax = (graph: ReadGraph): number | null => {
  const retries = varOf(graph, 'recovery_max_retries');
  return retries > 0 ? retries : null;
};

/** How many attempts are evenly spaced. */
export const attemptsSpaced = (graph: ReadGraph): number =>
  Math.abs(varOf(graph, 'recovery_max_retries'));

/**
 * Ms from one attempt to the next, when so many have been made: evenly spaced within the expiry.
 * Attempts without end are ever further apart after that, so that a host that is gone does not fill
 * the log.
 */
export const pauseAfter = (graph: ReadGraph, attempts: number): number => {
  const expiry = varOf(graph, 'recovery_expiry_seconds') * 1000;
  const spaced = attemptsSpaced(graph);
  if (attempts < spaced || attemptsMax(graph) !== null)
    return Math.max(shortestPause, Math.round(expiry / spaced));
  return Math.min(expiry * 2 ** (attempts - spaced), Math.max(expiry, longestPause));
};

/** A host was lost: the first attempt comes when it has been away for one spacing. */
export const recoveryStartedEvent = (graph: ReadGraph, fqdn: string, at: number): EventDraft => ({
  type: 'RecoveryStarted',
  data: { fqdn, next: at + pauseAfter(graph, 0) },
});

/** An attempt that cannot be made now does not count and is put off. */
const postponedEvent = (
  graph: ReadGraph,
  { host, attempts }: RecoveryRow,
  at: number,
  away = 0,
): EventDraft => ({
  type: 'DeadlinePostponed',
  data: {
    id: deadlineId('recovery-attempt', host),
    at: Math.round(at + Math.max(pauseAfter(graph, attempts), Math.min(away / 2, longestPause))),
  },
});

/** A machine is cycled by an order like any other, whose end is that of the step. */
const stepEvents = (graph: ReadGraph, fqdn: string, step: ActiveStep, at: number): EventDraft[] => {
  const begun: EventDraft = { type: 'RecoveryStepBegun', data: { fqdn, step } };
  const epoch = graph.one('registers', fqdn)?.token ?? null;
  if (step.kind !== 'power-cycle' || epoch === null) return [begun];
  const order = { kind: 'power', action: 'cycle' } as const;
  const of = { by: null, begin_by: at + beginWithinUsual * 1000, procedure: null };
  return [begun, { type: 'ObmOrdered', data: { fqdn, epoch, order, recovery: true, ...of } }];
};

/**
 * What follows when a host is still away at the time of its next attempt.
 *
 * @param isNew the station may not have heard of hosts that are back
 */
export const recoveryAttemptEvents = (
  graph: ReadGraph,
  fqdn: string,
  at: number,
  isNew: boolean,
): EventDraft[] => {
  const row = graph.must('recovery', fqdn);
  const { attempts } = row;
  if (row.steps?.doing) return [postponedEvent(graph, row, at)];
  const max = attemptsMax(graph);
  if (max !== null && attempts >= max)
    return [{ type: 'RecoveryExhausted', data: { fqdn, attempts } }];
  const due = stepDue(graph, row, at);
  const step = due && impediment(graph, fqdn, due) === '' ? due : null;
  if (step && isNew) return [postponedEvent(graph, row, at)];
  // The longer the network is down the longer the pauses, so that this does not fill the log.
  if (step && fence(graph) !== '')
    return [postponedEvent(graph, row, at, at - graph.must('host', fqdn).since)];
  const attempt = attempts + 1;
  const next = at + pauseAfter(graph, attempt);
  return [
    { type: 'RecoveryAttempted', data: { fqdn, attempt, next } },
    ...(step ? stepEvents(graph, fqdn, step, at) : []),
  ];
};
