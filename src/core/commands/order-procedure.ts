/** Something is to be done with a machine in several stages. It waits for its turn like any order. */

import { decided, unchanged } from '../decision.ts';
import type { Decide } from '../decision.ts';
import type { ReadGraph } from '../graph/read-graph.ts';
import { stageOf } from '../graph/rows/procedures.ts';
import type { ProcedureRow } from '../graph/rows/procedures.ts';
import { queueOf } from '../lifecycle/machine-queue.ts';
import { stageDetailLength } from '../events/procedures.ts';
import { procedures } from '../procedures/index.ts';
import type { ActEnd, Plan } from '../values/procedures.ts';
import { askersMax, beginWithinUsual } from '../values/queues.ts';
import { lackOfTurns } from './room-in-queue.ts';
import { rightTo } from './order-obm.ts';

export interface OrderProcedure {
  readonly type: 'OrderProcedure';
  readonly fqdn: string;
  readonly plan: Plan;
  /** Who asks; absent: the station itself. */
  readonly by?: string;
  /** For how long it may wait for its turn, s; absent: as long as is usual. */
  readonly beginWithin?: number | undefined;
}

/** The procedure that was ordered last of a machine and has not ended, where another would be the same. */
export const sameUnderWay = (
  graph: ReadGraph,
  { fqdn, plan }: Pick<OrderProcedure, 'fqdn' | 'plan'>,
): ProcedureRow | undefined => {
  const last = queueOf(graph, fqdn).at(-1);
  if (last?.kind !== 'procedure') return undefined;
  const { row } = last;
  return row.plan.kind === plan.kind && row.cancelled === null ? row : undefined;
};

export const orderProcedure: Decide<OrderProcedure> = (graph, command, { at }) => {
  const { fqdn, plan, by = null, beginWithin = beginWithinUsual } = command;
  const epoch = rightTo(graph, fqdn);
  if (typeof epoch !== 'number') return epoch;
  const same = sameUnderWay(graph, command);
  if (same && (by === null || same.by.includes(by) || same.by.length >= askersMax))
    return unchanged;
  if (same)
    return decided([{ type: 'ProcedureJoined', data: { fqdn, ordered: same.created, by } }]);
  const refused =
    procedures[plan.kind].refuse(graph, fqdn, plan, by === null ? [] : [by], at) ??
    lackOfTurns(graph, fqdn, by);
  if (refused) return refused;
  const data = { fqdn, plan, epoch, by, begin_by: at + beginWithin * 1000 };
  return decided([{ type: 'ProcedureOrdered', data }]);
};

export interface EndStageAct {
  readonly type: 'EndStageAct';
  readonly fqdn: string;
  /** The commit that began the stage. */
  readonly begun: number;
  readonly outcome: ActEnd;
  readonly detail: string;
}

/** What the station did outside for a stage has ended. Where the stage has ended too, nobody wants to know. */
export const endStageAct: Decide<EndStageAct> = (graph, { fqdn, begun, outcome, detail }) => {
  for (const row of graph.many('undergoes', fqdn)) {
    const note = stageOf(row);
    if (note?.begun !== begun || note.act?.end !== null) continue;
    const about = { fqdn, ordered: row.created, begun, outcome };
    return decided([
      {
        type: 'ProcedureActEnded',
        data: { ...about, detail: detail.slice(0, stageDetailLength) },
      },
    ]);
  }
  return unchanged;
};
