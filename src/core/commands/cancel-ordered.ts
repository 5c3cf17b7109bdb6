/** What was ordered of a machine is taken back, as far as that can be. */

import { decided, unchanged } from '../decision.ts';
import type { Decide, Decision } from '../decision.ts';
import type { Graph } from '../graph/graph.ts';
import { hasEnded, orderId } from '../graph/rows/obms.ts';
import type { OrderRow } from '../graph/rows/obms.ts';
import { isOver, procedureId } from '../graph/rows/procedures.ts';
import type { ProcedureRow } from '../graph/rows/procedures.ts';
import { endEvents } from '../procedures/advance.ts';
import { orderText } from '../values/obm.ts';
import { reject } from '../values/rejection.ts';
import { revision } from '../values/revision.ts';

export interface CancelOrdered {
  readonly type: 'CancelOrdered';
  /** The commit that ordered it. */
  readonly ordered: number;
  /** The machine, by the name that it had then. */
  readonly fqdn: string;
  /** Who asks. */
  readonly by: string;
}

export const cancelOrdered: Decide<CancelOrdered> = (graph, { ordered, fqdn, by }) => {
  const at = revision(ordered);
  const procedure = graph.get('procedure', procedureId(at, fqdn));
  if (procedure) return cancelProcedure(graph, procedure, by);
  const order = graph.get('order', orderId(at, fqdn));
  if (order) return cancelOrder(order, by);
  return reject('not-cancellable', `the operation ${ordered} is over, and not remembered any more`);
};

/** What was sent cannot be taken back. */
const cancelOrder = (row: OrderRow, by: string): Decision => {
  const { host: fqdn, created: ordered, state, procedure } = row;
  const what = `${orderText(row.order)} of ${fqdn}`;
  if (state === 'cancelled') return unchanged;
  if (hasEnded(row)) return reject('not-cancellable', `${what} is over: ${state}`);
  if (state === 'begun')
    return reject('not-cancellable', `${what} was sent already, and cannot be taken back`);
  if (procedure !== undefined)
    return reject(
      'not-cancellable',
      `${what} is a part of the operation ${procedure}; cancel that`,
    );
  const data = { fqdn, ordered, outcome: 'cancelled' } as const;
  const detail = `cancelled by ${by} before anything was sent`;
  return decided([{ type: 'ObmOrderEnded', data: { ...data, detail } }]);
};

/** One that waits ends at once; one that is under way as soon as nothing of it is. */
const cancelProcedure = (graph: Graph, row: ProcedureRow, by: string): Decision => {
  const { host: fqdn, created: ordered, state, plan, cancelled } = row;
  if (state === 'cancelled' || (cancelled !== null && !isOver(row))) return unchanged;
  if (isOver(row)) return reject('not-cancellable', `${plan.kind} of ${fqdn} is over: ${state}`);
  if (state === 'queued')
    return decided(
      endEvents(graph, row, 'cancelled', `cancelled by ${by} before anything was done`),
    );
  return decided([{ type: 'ProcedureCancelAsked', data: { fqdn, ordered, by } }]);
};
