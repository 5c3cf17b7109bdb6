/** Takes a host out of the cluster, with its node. */

import { decided, unchanged } from '../decision.ts';
import type { Decide } from '../decision.ts';
import type { Graph } from '../graph/graph.ts';
import type { HostRow } from '../graph/rows/hosts.ts';
import { nodeRemovalOrderedEvents } from '../lifecycle/leaving.ts';
import { isObmEnabled } from '../lifecycle/obm.ts';
import { reject } from '../values/rejection.ts';
import type { Refused } from '../values/rejection.ts';
import { decideRemoval } from './remove-node.ts';
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
  const held = lentRefused(graph, host);
  if (held) return held;
  const node = graph.one('runs', fqdn);
  if (node?.removing) return decided(nodeRemovalOrderedEvents(node, fqdn));
  return node
    ? decideRemoval(graph, node, fqdn, force, at)
    : decided([{ type: 'HostRemovalOrdered', data: { fqdn } }]);
};

/** A machine that somebody was given by hand, or may use out of band, is given back first. */
const lentRefused = (graph: Graph, { fqdn, attached }: HostRow): Refused | undefined => {
  if (isObmEnabled(graph, fqdn))
    return reject('obm-enabled', `the OBM of ${fqdn} is enabled; disable it first`, {
      subject: fqdn,
    });
  if (attached)
    return reject('machine-lent', `${fqdn} is attached to a project; detach it first`, {
      subject: fqdn,
    });
  return undefined;
};
