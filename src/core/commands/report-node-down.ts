/** The station has not heard from a host for too long, or was told that it goes. */

import { decided, unchanged } from '../decision.ts';
import type { Decide } from '../decision.ts';
import { reject } from '../values/rejection.ts';

export interface ReportNodeDown {
  readonly type: 'ReportNodeDown';
  readonly fqdn: string;
  readonly reason: string;
}

export const reportNodeDown: Decide<ReportNodeDown> = (graph, { fqdn, reason }) => {
  const host = graph.get('host', fqdn);
  if (!host) return reject('unknown-host', `there is no host ${fqdn}`, { subject: fqdn });
  return host.state === 'up' ? decided([{ type: 'NodeDown', data: { fqdn, reason } }]) : unchanged;
};
