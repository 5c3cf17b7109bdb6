/** Starting and stopping the whole cluster. What is wanted is recorded; rules do the rest. */

import { decided } from '../decision.ts';
import type { Decide } from '../decision.ts';
import { reject } from '../values/rejection.ts';
import type { WantedState } from '../values/states.ts';

export interface WantCluster {
  readonly type: 'WantCluster';
  readonly state: WantedState;
}

export const wantCluster: Decide<WantCluster> = (graph, { state }) => {
  const [cluster] = graph.all('cluster');
  if (!cluster)
    return reject(
      'cluster-not-loaded',
      'no facts are loaded yet; load them with: halctl cluster load',
    );
  return decided([{ type: 'ClusterWanted', data: { state } }]);
};
