/** Takes machines back from a project, all or none of them. */

import { decided } from '../decision.ts';
import type { Decide } from '../decision.ts';
import type { EventDraft } from '../events/catalogue.ts';
import { isObmEnabled } from '../lifecycle/obm.ts';
import { reject } from '../values/rejection.ts';

export interface DetachMachines {
  readonly type: 'DetachMachines';
  readonly project: string;
  readonly hosts: readonly string[];
}

/** One that facts lent is lent again by the next load, unless they say so no more. */
export const detachMachines: Decide<DetachMachines> = (graph, { project, hosts }) => {
  if (!graph.get('project', project))
    return reject('unknown-project', `there is no project ${project}`, { subject: 'name' });
  const events: EventDraft[] = [];
  for (const fqdn of new Set(hosts)) {
    const host = graph.get('host', fqdn);
    if (!host) return reject('unknown-host', `there is no host ${fqdn}`, { subject: fqdn });
    if (host.project !== project)
      return reject('machine-not-attached', `${fqdn} is not in the project ${project}`, {
        subject: fqdn,
      });
    if (isObmEnabled(graph, fqdn))
      return reject('obm-enabled', `the OBM of ${fqdn} is enabled; disable it first`, {
        subject: fqdn,
      });
    events.push({ type: 'MachineDetached', data: { fqdn, project } });
  }
  return decided(events);
};
