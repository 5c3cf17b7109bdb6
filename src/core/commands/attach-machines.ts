/** Lends machines to a project, all or none of them. */

import { decided } from '../decision.ts';
import type { Decide } from '../decision.ts';
import type { EventDraft } from '../events/catalogue.ts';
import { isObmEnabled } from '../lifecycle/obm.ts';
import { reject } from '../values/rejection.ts';

export interface AttachMachines {
  readonly type: 'AttachMachines';
  readonly project: string;
  readonly hosts: readonly string[];
  /** Whether whoever asks may be told who else has a machine. */
  readonly mayKnow: boolean;
}

/** Those that it has already are attached as they are. */
export const attachMachines: Decide<AttachMachines> = (graph, { project, hosts, mayKnow }) => {
  if (!graph.get('project', project))
    return reject('unknown-project', `there is no project ${project}`, { subject: 'name' });
  const events: EventDraft[] = [];
  for (const fqdn of new Set(hosts)) {
    const host = graph.get('host', fqdn);
    if (!host) return reject('unknown-host', `there is no host ${fqdn}`, { subject: fqdn });
    if (host.removing)
      return reject('being-removed', `${fqdn} is being removed`, { subject: fqdn });
    if (host.project !== null && host.project !== project) {
      const whose = mayKnow ? `the project ${host.project}` : 'another project';
      return reject('machine-lent', `${fqdn} is lent to ${whose}; it has to be detached first`, {
        subject: fqdn,
      });
    }
    if (host.project === null && isObmEnabled(graph, fqdn))
      return reject('obm-enabled', `the OBM of ${fqdn} is enabled; disable it first`, {
        subject: fqdn,
      });
    if (host.attached) continue;
    events.push({ type: 'MachineAttached', data: { fqdn, project, declared: false } });
  }
  return decided(events);
};
