/** Machines that are rebooted because something is the matter with them. */

import type { ReadGraph } from '../graph/read-graph.ts';
import { hasEnded, isAwaiting } from '../graph/rows/obms.ts';
import type { OrderRow } from '../graph/rows/obms.ts';
import { isOver } from '../graph/rows/procedures.ts';
import type { ProcedureRow } from '../graph/rows/procedures.ts';
import type { RebootNote } from '../values/reboots.ts';

/** The procedure that gave an order. */
export const procedureWith = (
  graph: ReadGraph,
  { host, procedure }: OrderRow,
): ProcedureRow | undefined =>
  procedure === undefined
    ? undefined
    : [...graph.many('undergoes', host)].find(({ created }) => created === procedure);

/** Why somebody has a machine rebooted by an order; undefined: it is for something else. */
export const rebootOf = (graph: ReadGraph, row: OrderRow): RebootNote | undefined =>
  row.reboot ?? procedureWith(graph, row)?.reboot;

/** How many machines are being rebooted now. */
export const rebootsUnderWay = (graph: ReadGraph): number => {
  let underWay = 0;
  for (const row of graph.all('procedure')) if (row.reboot && !isOver(row)) underWay += 1;
  for (const row of graph.all('order'))
    if (row.reboot && (!hasEnded(row) || isAwaiting(row))) underWay += 1;
  return underWay;
};
