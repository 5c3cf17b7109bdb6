/** A procedure is ordered of one machine, by itself or in its turn. */

import { decided } from '../decision.ts';
import type { Decision } from '../decision.ts';
import type { EventDraft } from '../events/catalogue.ts';
import type { Graph } from '../graph/graph.ts';
import type { ReadGraph } from '../graph/read-graph.ts';
import type { ProcedureRow } from '../graph/rows/procedures.ts';
import { queueOf } from '../lifecycle/machine-queue.ts';
import { rightTo } from '../lifecycle/obm-right.ts';
import type { Plan } from '../values/procedures.ts';
import { askersMax } from '../values/queues.ts';
import type { Revision } from '../values/revision.ts';
import { procedures } from './index.ts';

export interface Wished {
  readonly fqdn: string;
  readonly plan: Plan;
  /** Who asks; null: the station itself. */
  readonly by: string | null;
  /** Until when it is to be begun, ms since the epoch. */
  readonly beginBy: number;
}

/** The procedure that was ordered last of a machine and has not ended, where another would be the same. */
export const sameUnderWay = (
  graph: ReadGraph,
  { fqdn, plan }: Pick<Wished, 'fqdn' | 'plan'>,
): ProcedureRow | undefined => {
  const last = queueOf(graph, fqdn).at(-1);
  if (last?.kind !== 'procedure') return undefined;
  const { row } = last;
  return row.plan.kind === plan.kind && row.cancelled === null ? row : undefined;
};

/** The same was ordered before and has not ended: the events that join it, maybe none. */
interface Joined {
  readonly same: Revision;
  readonly events: readonly EventDraft[];
}

/** What orders it by the right of now, or joins what is the same. */
export const orderedProcedure = (
  graph: Graph,
  { fqdn, plan, by, beginBy }: Wished,
  at: number,
): Decision | Joined => {
  const epoch = rightTo(graph, fqdn);
  if (typeof epoch !== 'number') return epoch;
  const same = sameUnderWay(graph, { fqdn, plan });
  if (same && (by === null || same.by.includes(by) || same.by.length >= askersMax))
    return { same: same.created, events: [] };
  if (same) {
    const data = { fqdn, ordered: same.created, by };
    return { same: same.created, events: [{ type: 'ProcedureJoined', data }] };
  }
  const refused = procedures[plan.kind].refuse(graph, fqdn, plan, by === null ? [] : [by], at);
  if (refused) return refused;
  const data = { fqdn, plan, epoch, by, begin_by: beginBy };
  return decided([{ type: 'ProcedureOrdered', data }]);
};
