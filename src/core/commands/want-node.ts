/** Starting and stopping a node. What is wanted is recorded; rules do the rest. */

import { decided } from '../decision.ts';
import type { Decide } from '../decision.ts';
import { quorumLoss } from '../lifecycle/quorum.ts';
import type { Fid } from '../values/fid.ts';
import { reject } from '../values/rejection.ts';
import type { WantedState } from '../values/states.ts';
import { leaving } from './named-process.ts';
import { withoutQuorum } from './want-process.ts';

export interface WantNode {
  readonly type: 'WantNode';
  readonly fid: Fid;
  readonly state: WantedState;
  /** Stop it although a quorum is lost. */
  readonly force: boolean;
}

export const wantNode: Decide<WantNode> = (graph, { fid, state, force }) => {
  const node = graph.get('node', fid);
  if (!node) return reject('unknown-node', `there is no node ${fid}`, { subject: fid });
  const wish = decided([{ type: 'NodeWanted', data: { fid, state } }]);
  // What leaves is on its way down already.
  if (node.removing) return state === 'offline' ? wish : leaving(fid);
  const lost =
    state === 'offline' && !force ? quorumLoss(graph, [...graph.many('hosts', fid)], 'stop') : null;
  if (lost) return withoutQuorum(fid, lost.why);
  return wish;
};
