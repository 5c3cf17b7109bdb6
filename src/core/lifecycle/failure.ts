/** What follows when a managed process does not run as it should. */

import type { EventDraft } from '../events/catalogue.ts';
import type { Graph } from '../graph/graph.ts';
import type { ProcessRow } from '../graph/rows/processes.ts';
import { varOf } from '../graph/vars.ts';
import { startOrderEvent } from './orders.ts';
import { isWanted } from './wanted.ts';

/** A process that was online for this long has shown that it works: its attempts count anew, ms. */
export const stableAfter = 60_000;
/** The longest pause between two attempts, ms. */
const pauseMax = 60_000;

/** The first retry comes at once, the second after the interval, and each further one after twice the pause. */
export const pauseBefore = (retry: number, intervalSeconds: number): number =>
  retry <= 1 ? 0 : Math.min(pauseMax, intervalSeconds * 1000 * 2 ** (retry - 2));

/** What the reason of an event has room for besides what is added here, characters. */
const reasonMax = 960;

/**
 * A process that is starting or online has ended, was not ready in time or cannot be executed: it is
 * tried again, after a pause that grows, until its attempts are used up. One that is not wanted any
 * more is let go.
 */
export const failureEvents = (
  graph: Graph,
  process: ProcessRow,
  cause: string,
  at: number,
): EventDraft[] => {
  const { fid, state } = process;
  const reason = cause.slice(0, reasonMax);
  if (!isWanted(graph, process))
    return [{ type: 'ProcessStateChanged', data: { fid, state: 'offline', reason } }];
  const wasStable = state === 'online' && at - process.since >= stableAfter;
  const retry = wasStable ? 1 : process.attempt;
  if (retry > varOf(graph, 'process_max_start_attempts')) {
    const attempts = `${process.attempt} ${process.attempt === 1 ? 'attempt' : 'attempts'}`;
    const message = `${reason}; given up after ${attempts}`;
    return [{ type: 'ProcessStateChanged', data: { fid, state: 'failed', reason: message } }];
  }
  const pause = pauseBefore(retry, varOf(graph, 'process_restart_retry_interval'));
  if (pause === 0) return [startOrderEvent(graph, process, retry + 1, at, reason)];
  const data = { fid, attempt: retry + 1, at: at + pause, reason };
  return [{ type: 'ProcessRetryScheduled', data }];
};
