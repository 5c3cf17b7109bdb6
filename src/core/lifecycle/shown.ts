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

/** How many processes are shown in each state; only hosts that are down are looked at one by one. */
export const shownCounts = (graph: ReadGraph): Record<string, number> => {
  const counts = new Map(graph.processCounts());
  const add = (state: string, by: number): void => {
    counts.set(state, (counts.get(state) ?? 0) + by);
  };
  if (graph.hostCounts().down > 0)
    for (const host of graph.all('host')) {
      const node = host.state === 'down' ? graph.one('runs', host.fqdn) : undefined;
      for (const process of node ? graph.many('hosts', node.fid) : []) {
        add(process.state, -1);
        add(shownState(graph, process), 1);
      }
    }
  return Object.fromEntries([...counts].filter(([, count]) => count > 0).sort());
};
