/** The orders that agents get, and what they mean for the time that follows. */

import type { EventOf } from '../events/catalogue.ts';
import { deadlineOf } from '../graph/changes.ts';
import type { Graph } from '../graph/graph.ts';
import type { ProcessRow } from '../graph/rows/processes.ts';
import { varOf } from '../graph/vars.ts';

const second = 1000;

/** The order to start a process; `attempt` counts from 1, `reason` tells how the last one ended. */
export const startOrderEvent = (
  graph: Graph,
  { fid, generation }: ProcessRow,
  attempt: number,
  at: number,
  reason = '',
): EventOf<'ProcessStarting'> => {
  const until = at + varOf(graph, 'process_start_timeout') * second;
  const data = { fid, generation: generation + 1, attempt, until, reason };
  return { type: 'ProcessStarting', data };
};

/** The order to stop a process that is starting or online. */
export const stopOrderEvent = (
  graph: Graph,
  { fid }: ProcessRow,
  at: number,
): EventOf<'ProcessStopOrdered'> => {
  const until = at + varOf(graph, 'process_stop_timeout') * second;
  return { type: 'ProcessStopOrdered', data: { fid, until } };
};

/** Whether it waits for its next attempt: its agent knows that nothing of the last one is to run. */
export const isPaused = (graph: Graph, { fid }: ProcessRow): boolean =>
  deadlineOf(graph, 'process-retry', fid) !== undefined;
