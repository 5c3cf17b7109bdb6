/** Somebody works on a machine, or has done: what recovers lost hosts leaves it alone meanwhile. */

import { decided, unchanged } from '../decision.ts';
import type { Decide } from '../decision.ts';
import { reject } from '../values/rejection.ts';
import type { Refused } from '../values/rejection.ts';

export interface BeginMaintenance {
  readonly type: 'BeginMaintenance';
  readonly fqdn: string;
  readonly reason: string;
  /** Who says so. */
  readonly by: string;
  /** After which it ends by itself, s; null: when somebody says so. */
  readonly seconds: number | null;
}

const unknown = (fqdn: string): Refused =>
  reject('unknown-host', `there is no host ${fqdn}`, { subject: 'fqdn' });

/** Also of a host that is up: it may go down at any moment. To say it again gives it another reason or end. */
export const beginMaintenance: Decide<BeginMaintenance> = (
  graph,
  { fqdn, reason, by, seconds },
  { at },
) => {
  if (!graph.get('host', fqdn)) return unknown(fqdn);
  const now = graph.get('maintenance', fqdn);
  const until = seconds === null ? null : at + seconds * 1000;
  if (now && now.reason === reason && now.until === null && until === null) return unchanged;
  return decided([{ type: 'MaintenanceBegun', data: { fqdn, reason, by, until } }]);
};

export interface EndMaintenance {
  readonly type: 'EndMaintenance';
  readonly fqdn: string;
}

export const endMaintenance: Decide<EndMaintenance> = (graph, { fqdn }) => {
  if (!graph.get('host', fqdn)) return unknown(fqdn);
  if (!graph.get('maintenance', fqdn)) return unchanged;
  return decided([{ type: 'MaintenanceEnded', data: { fqdn, why: 'asked' } }]);
};
