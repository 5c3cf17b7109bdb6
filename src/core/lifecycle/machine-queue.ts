/** What is to be done with one machine, in the order in which it was accepted: one thing at a time. */

import type { ReadGraph } from '../graph/read-graph.ts';
import { hasEnded, isAwaiting } from '../graph/rows/obms.ts';
import type { OrderRow } from '../graph/rows/obms.ts';
import { isOver } from '../graph/rows/procedures.ts';
import type { ProcedureRow } from '../graph/rows/procedures.ts';

export type Queued =
  | { readonly kind: 'order'; readonly row: OrderRow }
  | { readonly kind: 'procedure'; readonly row: ProcedureRow };

/** Looks change nothing: they wait for nothing, and nothing waits for them. */
const isInQueue = (row: OrderRow): boolean => row.order.kind !== 'refresh' && !hasEnded(row);

const isAwaited = (row: OrderRow): boolean => row.procedure === undefined && isAwaiting(row);

/** All that has not ended, the oldest first. What a procedure orders is a part of it, and waits for nothing else. */
export const queueOf = (graph: ReadGraph, fqdn: string): Queued[] => {
  const queue: Queued[] = [];
  for (const row of graph.many('obeys', fqdn))
    if (isInQueue(row) && row.procedure === undefined) queue.push({ kind: 'order', row });
  for (const row of graph.many('undergoes', fqdn))
    if (!isOver(row)) queue.push({ kind: 'procedure', row });
  return queue.sort((a, b) => a.row.created - b.row.created);
};

/** The procedure that has the machine, or is the next to have it. */
export const procedureOf = (graph: ReadGraph, fqdn: string): ProcedureRow | undefined => {
  let first: ProcedureRow | undefined;
  for (const row of graph.many('undergoes', fqdn))
    if (!isOver(row) && (!first || row.created < first.created)) first = row;
  return first;
};

/** Whether an order has to wait for a procedure that was accepted before. */
export const isHeldBack = (graph: ReadGraph, order: OrderRow): boolean => {
  if (order.procedure !== undefined || !isInQueue(order)) return false;
  const procedure = procedureOf(graph, order.host);
  return procedure !== undefined && procedure.created < order.created;
};

/**
 * Whether anything that was accepted before a procedure has not ended: a host that is awaited, too, unless it was by a
 * procedure that is over.
 */
export const isBlocked = (graph: ReadGraph, { host, created }: ProcedureRow): boolean => {
  for (const row of graph.many('obeys', host))
    if (row.created < created && (isInQueue(row) || isAwaited(row))) return true;
  return procedureOf(graph, host)?.created !== created;
};
