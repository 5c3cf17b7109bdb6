/** By what right a machine is told something by its OBM. */

import type { ReadGraph } from '../graph/read-graph.ts';
import { reject } from '../values/rejection.ts';
import type { Refused } from '../values/rejection.ts';
import type { Revision } from '../values/revision.ts';

/** Why nothing can be begun with the OBM of a host; undefined where it can. */
export const usableHost = (graph: ReadGraph, fqdn: string): Refused | undefined => {
  const host = graph.get('host', fqdn);
  if (!host) return reject('unknown-host', `there is no host ${fqdn}`, { subject: fqdn });
  return host.removing
    ? reject('being-removed', `${fqdn} is being removed`, { subject: fqdn })
    : undefined;
};

export const notRegistered = (fqdn: string): Refused =>
  reject('obm-not-registered', `no OBM of ${fqdn} is registered`, { subject: fqdn });

export const obmDisabled = (fqdn: string): Refused =>
  reject('obm-disabled', `the OBM of ${fqdn} is not enabled`, { subject: fqdn });

/** The epoch of the right to the OBM of a host, or why there is none. */
export const rightTo = (graph: ReadGraph, fqdn: string): Revision | Refused => {
  const refused = usableHost(graph, fqdn);
  if (refused) return refused;
  const row = graph.get('registration', fqdn);
  if (!row) return notRegistered(fqdn);
  return row.token ?? obmDisabled(fqdn);
};
