/** Somebody says of many hosts at once that they are up, and what they are like. */

import { decided } from '../decision.ts';
import type { Decide } from '../decision.ts';
import type { EventDraft } from '../events/catalogue.ts';
import type { HostFacts } from '../values/host-facts.ts';
import { reject } from '../values/rejection.ts';
import { isClaimed, reportNodeUp } from './report-node-up.ts';
import { lackOfRoom } from './room.ts';

export interface ReportNodesUp {
  readonly type: 'ReportNodesUp';
  /** Each host once. */
  readonly hosts: readonly { readonly fqdn: string; readonly facts: HostFacts }[];
  /** The only host that the token may speak for; null: any. */
  readonly speaksFor: string | null;
}

/**
 * As many reports of one host each, but all of them or none: the first that is refused is named by
 * its place. A machine with the name of a live one is refused with all others, and that leaves no
 * trace.
 */
export const reportNodesUp: Decide<ReportNodesUp> = (graph, { hosts, speaksFor }, context) => {
  const unknown = hosts.filter(({ fqdn }) => !graph.get('host', fqdn));
  const full = lackOfRoom(graph, unknown.length);
  if (full) return full;
  const events: EventDraft[] = [];
  for (const [i, { fqdn, facts }] of hosts.entries()) {
    const known = graph.get('host', fqdn);
    if (known && isClaimed(known, facts.agent))
      return reject('host-claimed', `hosts[${i}]: another machine is ${fqdn} already`, {
        subject: `hosts[${i}].facts.agent`,
      });
    const one = { type: 'ReportNodeUp', fqdn, facts, speaksFor } as const;
    const decision = reportNodeUp(graph, one, context);
    if (decision.ok) {
      events.push(...decision.events);
      continue;
    }
    const { code, message } = decision.rejection;
    return reject(code, `hosts[${i}]: ${message}`, { subject: `hosts[${i}].fqdn` });
  }
  return decided(events);
};
