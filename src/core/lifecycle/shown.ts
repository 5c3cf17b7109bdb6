/** The state of a process as it is shown. */

import type { ReadGraph } from '../graph/read-graph.ts';
import type { ProcessRow } from '../graph/rows/processes.ts';
import type { ProcessState } from '../values/states.ts';
import { hostOf } from './process.ts';

/**
 * While its host is down nobody knows what a process does: it is shown as `inhibited`, its own state is
 * kept, and comes back with the host. One that had failed has failed.
 */
export const shownState = (graph: ReadGraph, process: ProcessRow): ProcessState =>
  process.state !== 'failed' && hostOf(graph, process).state === 'down'
    ? 'inhibited'
    : process.state;

/** How many processes are shown in each state; of states in which none is nothing is told. */
export const shownCounts = (graph: ReadGraph): Record<string, number> =>
  Object.fromEntries([...graph.processCounts()].filter(([, count]) => count > 0).sort());
