/** A machine is rebooted because something is the matter with it. Whether it may be was asked of what checks have seen. */

import { decided } from '../decision.ts';
import type { Decide } from '../decision.ts';
import { sameUnderWay } from '../procedures/ordered.ts';
import type { RebootPlan, RebootPower, RebootWay } from '../values/procedures.ts';
import type { RebootNote } from '../values/reboots.ts';
import { reject } from '../values/rejection.ts';
import { useGrants } from './grants.ts';
import { orderProcedure } from './order-procedure.ts';

export interface RebootHost extends Omit<RebootNote, 'grant'> {
  readonly type: 'RebootHost';
  readonly fqdn: string;
  /** Absent: its power is cycled at once. */
  readonly how?: RebootWay;
  /** Whether the scheduler ends its jobs first; absent: it does not. */
  readonly drain?: boolean;
  readonly power: RebootPower;
  /** For how long the host may take to be up again, s. */
  readonly waitUp: number;
  /** For how long it may wait for its turn, s; absent: as long as is usual. */
  readonly beginWithin?: number | undefined;
}

/** By a right and a grant: the use of the grant, the procedure and why it was ordered are one commit. */
export const rebootHost: Decide<RebootHost> = (graph, command, context) => {
  const { fqdn, symptom, action, hardware, reason, overridden, credential, beginWithin } = command;
  const { how = 'hard', drain = false, power, waitUp: wait_up } = command;
  const plan: RebootPlan = { kind: 'reboot', how, drain, power, wait_up };
  const same = sameUnderWay(graph, { fqdn, plan });
  if (same)
    return reject('host-busy', `${fqdn} is being rebooted already: operation ${same.created}`, {
      subject: fqdn,
    });
  const used = useGrants(
    graph,
    {
      ...{ credential, action: 'power', machines: [fqdn], reason },
      suggested: () => symptom !== null && overridden.length === 0,
    },
    context.at,
  );
  if (!used.ok) return used;
  const by = `token:${credential}`;
  const ordered = orderProcedure(
    graph,
    { type: 'OrderProcedure', fqdn, plan, by, beginWithin },
    context,
  );
  if (!ordered.ok) return ordered;
  const note = { symptom, action, hardware, reason, overridden: [...overridden], credential };
  const data = { fqdn, ...note, grant: used.grants.get(fqdn)! };
  return decided([...used.events, ...ordered.events, { type: 'RebootOrdered', data }]);
};

export interface RefuseReboot {
  readonly type: 'RefuseReboot';
  readonly fqdn: string;
  readonly by: string;
  readonly vetoes: readonly string[];
}

export interface RefuseReboots {
  readonly type: 'RefuseReboots';
  readonly by: string;
  readonly machines: readonly { readonly fqdn: string; readonly vetoes: readonly string[] }[];
}

/** Somebody is told no, and the log knows. */
export const refuseReboot: Decide<RefuseReboot> = (_graph, { fqdn, by, vetoes }) =>
  decided([{ type: 'RebootRefused', data: { fqdn, by, vetoes: [...vetoes] } }]);

/** The same of many, in one commit. */
export const refuseReboots: Decide<RefuseReboots> = (_graph, { by, machines }) =>
  decided(
    machines.map(({ fqdn, vetoes }) => ({
      type: 'RebootRefused',
      data: { fqdn, by, vetoes: [...vetoes] },
    })),
  );
