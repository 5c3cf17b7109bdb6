/** Which step of its policy the recovery of a host takes next, and what holds it back. */

import type { ReadGraph } from '../graph/read-graph.ts';
import { clusterPolicy } from '../graph/rows/hosts.ts';
import type { RecoveryRow } from '../graph/rows/hosts.ts';
import { varOf } from '../graph/vars.ts';
import { ordersWaitingMax } from '../values/obm.ts';
import type { ActiveStep, RecoveryStep } from '../values/recovery-policy.ts';
import { procedureOf } from './machine-queue.ts';
import { waitingOrders } from './obm.ts';

/** The steps for a host: its own, else those of the cluster, else none, which is to wait. */
export const policyOf = (graph: ReadGraph, fqdn: string): readonly RecoveryStep[] =>
  (graph.get('policy', fqdn) ?? graph.get('policy', clusterPolicy))?.steps ?? [];

interface Upcoming {
  readonly step: ActiveStep;
  /** Ms that have to pass after the step before it, or the loss. */
  readonly pause: number;
}

/** The step that follows when so many have been taken; null: none is left. */
const upcoming = (steps: readonly RecoveryStep[], taken: number): Upcoming | null => {
  let before = 0;
  let pause = 0;
  for (const step of steps) {
    if (step.kind === 'wait') {
      pause += step.seconds * 1000;
      continue;
    }
    if (taken < before + step.times) return { step, pause: taken === before ? pause : 0 };
    before += step.times;
    pause = 0;
  }
  return null;
};

const stepAfter = (graph: ReadGraph, { host, steps }: RecoveryRow): Upcoming | null =>
  upcoming(policyOf(graph, host), steps?.taken ?? 0);

/**
 * The step that is to be taken now; null where there is none. None is taken before every agent had
 * to be heard from again: until then nobody knows whether more hosts than this one are lost.
 */
export const stepDue = (graph: ReadGraph, row: RecoveryRow, at: number): ActiveStep | null => {
  const { since, removing } = graph.must('host', row.host);
  const next = stepAfter(graph, row);
  if (!next || removing) return null;
  const after = row.steps?.ended ?? since;
  const known = since + varOf(graph, 'keepalive_frequency') * 1000;
  return at >= Math.max(after + next.pause, known) ? next.step : null;
};

/**
 * The fence: when many hosts are down at once, the network is what failed, or the power, and nothing
 * is done to hosts. Those that somebody works on do not count. Empty where steps may be taken.
 */
export const fence = (graph: ReadGraph): string => {
  const { up, down: all } = graph.hostCounts();
  const down = all - graph.expectedLosses();
  const percent = varOf(graph, 'recovery_max_down_percent');
  const allowed = Math.max(1, Math.floor(((up + down) * percent) / 100));
  return down > allowed
    ? `${down} of ${up + down} hosts are down, and with more than ${allowed} nothing is done to them`
    : '';
};

/** Why a step cannot be taken with a host, however few are down; empty where it can. */
export const impediment = (graph: ReadGraph, fqdn: string, { kind }: ActiveStep): string => {
  // Of a machine that is reinstalled it is known why it is away.
  if (procedureOf(graph, fqdn)) return 'an operation has the machine';
  if (kind !== 'power-cycle') return '';
  if ((graph.one('registers', fqdn)?.token ?? null) === null) return 'its OBM is not enabled';
  return waitingOrders(graph, fqdn) < ordersWaitingMax ? '' : 'too many orders wait for its OBM';
};

/** Why a host that has steps left gets none; empty where nothing holds them back. */
export const heldBack = (graph: ReadGraph, row: RecoveryRow): string => {
  const next = row.given_up || row.steps?.doing ? null : stepAfter(graph, row);
  return next ? fence(graph) || impediment(graph, row.host, next.step) : '';
};
