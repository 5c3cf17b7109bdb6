/** A machine got another name: it stays the host that it was. */

import { decided, unchanged } from '../decision.ts';
import type { Decide } from '../decision.ts';
import type { Graph } from '../graph/graph.ts';
import type { HostRow } from '../graph/rows/hosts.ts';
import { reject } from '../values/rejection.ts';
import type { Refused } from '../values/rejection.ts';

export interface RenameHost {
  readonly type: 'RenameHost';
  readonly fqdn: string;
  readonly to: string;
}

/**
 * Only of a host that is not up, so that no agent is connected under the name that it had. To do it twice is to do it
 * once.
 */
export const renameHost: Decide<RenameHost> = (graph, { fqdn, to }) => {
  const host = graph.get('host', fqdn);
  const other = graph.get('host', to);
  if (!host) {
    if (other?.formerly?.some(({ name }) => name === fqdn)) return unchanged;
    return reject('unknown-host', `there is no host ${fqdn}`, { subject: 'fqdn' });
  }
  if (fqdn === to) return unchanged;
  if (other)
    return reject(
      'host-exists',
      `there is a host ${to} already; remove it, or choose another name`,
      {
        subject: 'to',
      },
    );
  return busy(graph, host) ?? decided([{ type: 'HostRenamed', data: { from: fqdn, to } }]);
};

const busy = (graph: Graph, { fqdn, state, removing }: HostRow): Refused | undefined => {
  if (removing || graph.one('runs', fqdn)?.removing)
    return reject('being-removed', `${fqdn} is being removed`, { subject: 'fqdn' });
  if (state === 'up')
    return reject(
      'host-busy',
      `${fqdn} is up, and its agent reports under that name; stop the agent, and wait until the host is down`,
      { subject: 'fqdn' },
    );
  const doing = graph.one('recovers', fqdn)?.steps?.doing;
  if (doing)
    return reject('host-busy', `${fqdn} is being recovered; wait until that step has ended`, {
      subject: 'fqdn',
    });
  return undefined;
};
