/** A machine is rebooted because something is the matter with it. Whether it may be was asked of what checks have seen. */

import { decided } from '../decision.ts';
import type { Decide } from '../decision.ts';
import type { PowerAction } from '../values/obm.ts';
import type { RebootNote } from '../values/reboots.ts';
import { useGrants } from './grants.ts';
import { orderObm } from './order-obm.ts';

export interface RebootHost extends Omit<RebootNote, 'grant'> {
  readonly type: 'RebootHost';
  readonly fqdn: string;
  readonly power: Extract<PowerAction, 'on' | 'cycle' | 'reset'>;
  /** For how long the host may take to be up again, s. */
  readonly waitUp: number;
}

/** By a right and a grant: the use of the grant, the order and why it was given are one commit. */
export const rebootHost: Decide<RebootHost> = (graph, command, context) => {
  const { fqdn, power, waitUp, symptom, action, hardware, reason, overridden, credential } =
    command;
  const used = useGrants(
    graph,
    {
      ...{ credential, action: 'power', machines: [fqdn], reason },
      suggested: () => symptom !== null && overridden.length === 0,
    },
    context.at,
  );
  if (!used.ok) return used;
  const order = { kind: 'power', action: power } as const;
  const ordered = orderObm(graph, { type: 'OrderObm', fqdn, order, waitUp }, context);
  if (!ordered.ok || ordered.events.length === 0) return ordered;
  const note = { symptom, action, hardware, reason, overridden, credential };
  const data = { fqdn, ...note, overridden: [...overridden], grant: used.grants.get(fqdn)! };
  return decided([...used.events, ...ordered.events, { type: 'RebootOrdered', data }]);
};

export interface RefuseReboot {
  readonly type: 'RefuseReboot';
  readonly fqdn: string;
  readonly by: string;
  readonly vetoes: readonly string[];
}

/** Somebody is told no, and the log knows. */
export const refuseReboot: Decide<RefuseReboot> = (_graph, { fqdn, by, vetoes }) =>
  decided([{ type: 'RebootRefused', data: { fqdn, by, vetoes: [...vetoes] } }]);
