/** Whether a machine that is rebooted has started anew, and whether its system can be asked to. */

import type { ReadGraph } from '../graph/read-graph.ts';
import type { ProcedureRow } from '../graph/rows/procedures.ts';
import type { Plan, RebootPlan } from '../values/procedures.ts';

export const rebootPlanOf = (plan: Plan): RebootPlan => {
  if (plan.kind !== 'reboot') throw new Error(`a ${plan.kind} is no reboot`);
  return plan;
};

/** Whether the agent of the host has reported another boot since the reboot was begun. */
export const hasBootedAnew = (graph: ReadGraph, { host, boot }: ProcedureRow): boolean => {
  const now = graph.must('host', host).facts?.boot_id ?? '';
  return boot !== undefined && now !== '' && now !== boot;
};

export const bootedAnew = 'it has started anew already';

/** Whether anything was heard of its system: one that says nothing hears nothing either. */
const isHeard = (graph: ReadGraph, fqdn: string): boolean =>
  graph.must('host', fqdn).state === 'up' ||
  (graph.get('health', fqdn)?.checks ?? []).some(
    ({ check, verdict }) => (check === 'ping' || check === 'ssh') && verdict === 'ok',
  );

/** Why its system is not asked, whatever is heard of it; null: it is, where something is. */
export const neverAsked = (plan: Plan): string | null => {
  const { how, power } = rebootPlanOf(plan);
  if (how === 'hard') return 'it is done by its power at once';
  return power === 'on' ? 'it is to be switched on' : null;
};

/** Why its system is not asked; null: it is. */
export const whyNotAsked = (graph: ReadGraph, row: ProcedureRow): string | null => {
  if (hasBootedAnew(graph, row)) return bootedAnew;
  const never = neverAsked(row.plan);
  if (never !== null) return never;
  return isHeard(graph, row.host) ? null : 'nothing is heard of its system';
};
