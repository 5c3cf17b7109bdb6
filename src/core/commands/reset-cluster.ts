/** Back to known ground: nothing is wanted any more, and what was given up may be tried anew. */

import { decided, unchanged } from '../decision.ts';
import type { Decide } from '../decision.ts';
import type { EventDraft } from '../events/catalogue.ts';
import type { Graph } from '../graph/graph.ts';
import type { ProcessRow } from '../graph/rows/processes.ts';
import { isPaused } from '../lifecycle/orders.ts';
import { recoveryStartedEvent } from '../lifecycle/recovery.ts';
import { reject } from '../values/rejection.ts';

export interface ResetCluster {
  readonly type: 'ResetCluster';
  /** Why the operator wants it. */
  readonly reason: string;
}

/** One event for the whole cluster, however many processes it is about; what runs goes on. */
export const resetCluster: Decide<ResetCluster> = (graph, { reason }, { at }) => {
  const [cluster] = graph.all('cluster');
  if (!cluster)
    return reject(
      'cluster-not-loaded',
      'no facts are loaded yet; load them with: halctl cluster load',
    );
  const recoveries: EventDraft[] = [...graph.all('recovery')]
    .filter(({ given_up }) => given_up)
    .map(({ host }) => host)
    .sort()
    .map((host) => recoveryStartedEvent(graph, host, at));
  if (cluster.wanted === null && recoveries.length === 0 && !needsReset(graph)) return unchanged;
  return decided([{ type: 'ClusterReset', data: { reason } }, ...recoveries]);
};

const needsReset = (graph: Graph): boolean => {
  for (const { wanted } of graph.all('node')) if (wanted) return true;
  for (const process of graph.all('process')) if (isUnsettled(graph, process)) return true;
  return false;
};

const isUnsettled = (graph: Graph, process: ProcessRow): boolean =>
  process.state === 'failed' ||
  (process.wanted !== null && !process.removing) ||
  isPaused(graph, process);
