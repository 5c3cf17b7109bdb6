/** Takes a host out of the cluster, with its node. */

import { decided, unchanged } from '../decision.ts';
import type { Decide } from '../decision.ts';
import { reject } from '../values/rejection.ts';
import { decideRemoval, nodeRemovalOrderedEvents } from './remove-node.ts';
import type { Repeatable } from './remove-process.ts';

export interface RemoveHost extends Repeatable {
  readonly type: 'RemoveHost';
  readonly fqdn: string;
  readonly force: boolean;
}

/** The node, if there is one, then the host and the tokens of its agent. */
export const removeHost: Decide<RemoveHost> = (graph, { fqdn, force, anew }, { at }) => {
  const host = graph.get('host', fqdn);
  if (!host) return reject('unknown-host', `there is no host ${fqdn}`, { subject: fqdn });
  if (host.removing && !anew) return unchanged;
  const node = graph.one('runs', fqdn);
  if (node?.removing) return decided(nodeRemovalOrderedEvents(node, fqdn));
  return node
    ? decideRemoval(graph, node, fqdn, force, at)
    : decided([{ type: 'HostRemovalOrdered', data: { fqdn } }]);
};
