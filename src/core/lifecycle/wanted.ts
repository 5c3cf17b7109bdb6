/** What operators want of a process: the latest word about it, its node or the whole cluster counts. */

import type { ReadGraph } from '../graph/read-graph.ts';
import type { ProcessRow } from '../graph/rows/processes.ts';
import type { Wanted } from '../graph/rows/row.ts';

/**
 * The wish that counts for a process. Wishes older than the process do not concern it: adding one
 * to a running cluster starts nothing. What is being removed stays unwanted. Null: nobody has said
 * anything yet.
 */
export const wantedOf = (graph: ReadGraph, process: ProcessRow): Wanted | null => {
  if (process.removing) return process.wanted;
  const node = graph.must('node', process.node);
  const [cluster] = graph.all('cluster');
  let latest: Wanted | null = null;
  for (const wish of [process.wanted, node.wanted, cluster?.wanted ?? null])
    if (wish && wish.at >= process.created && (!latest || wish.at > latest.at)) latest = wish;
  return latest;
};

export const isWanted = (graph: ReadGraph, process: ProcessRow): boolean =>
  wantedOf(graph, process)?.state === 'online';
