/** Something is to be done with a machine in several stages. It waits for its turn like any order. */

import { decided, unchanged } from '../decision.ts';
import type { Decide } from '../decision.ts';
import { stageOf } from '../graph/rows/procedures.ts';
import { stageDetailLength } from '../events/procedures.ts';
import { orderedProcedure } from '../procedures/ordered.ts';
import type { ActEnd, Plan } from '../values/procedures.ts';
import { beginWithinUsual } from '../values/queues.ts';
import { lackOfTurns } from './room-in-queue.ts';

export interface OrderProcedure {
  readonly type: 'OrderProcedure';
  readonly fqdn: string;
  readonly plan: Plan;
  /** Who asks; absent: the station itself. */
  readonly by?: string;
  /** For how long it may wait for its turn, s; absent: as long as is usual. */
  readonly beginWithin?: number | undefined;
}

export const orderProcedure: Decide<OrderProcedure> = (graph, command, { at }) => {
  const { fqdn, plan, by = null, beginWithin = beginWithinUsual } = command;
  const wished = { fqdn, plan, by, beginBy: at + beginWithin * 1000 };
  const ordered = orderedProcedure(graph, wished, at);
  if ('same' in ordered) return ordered.events.length > 0 ? decided(ordered.events) : unchanged;
  return ordered.ok ? (lackOfTurns(graph, fqdn, by) ?? ordered) : ordered;
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
