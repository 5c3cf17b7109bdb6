/** What the events of maintenance change in the graph. */

import type { maintenanceEvents } from '../../events/maintenance.ts';
import { changeHost, clearDeadline, setDeadline, upsert } from '../changes.ts';
import type { Evolvers, Position } from '../changes.ts';
import type { Graph } from '../graph.ts';
import { endRecovery } from './recovery.ts';

/** Nobody works on a host any more, or it is gone. */
export const endMaintenance = (graph: Graph, fqdn: string): void => {
  if (!graph.get('maintenance', fqdn)) return;
  graph.remove('maintenance', fqdn);
  clearDeadline(graph, 'maintenance-expiry', fqdn);
};

/** It is about the host under its new name. */
export const renameMaintenance = (
  graph: Graph,
  from: string,
  to: string,
  position: Position,
): void => {
  const row = graph.get('maintenance', from);
  if (!row) return;
  endMaintenance(graph, from);
  graph.put('maintenance', { ...row, host: to, changed: position.revision });
  if (row.until !== null) setDeadline(graph, 'maintenance-expiry', to, row.until, position);
};

export const maintenanceEvolvers: Evolvers<typeof maintenanceEvents> = {
  MaintenanceBegun: (graph, { fqdn: host, reason, by, until }, position) => {
    const since = graph.get('maintenance', host)?.since ?? position.at;
    endMaintenance(graph, host);
    upsert(graph, 'maintenance', host, { host, reason, by, until, since }, position);
    if (until !== null) setDeadline(graph, 'maintenance-expiry', host, until, position);
    // A step that is under way cannot be taken back; the recovery ends with it.
    if (!graph.get('recovery', host)?.steps?.doing) endRecovery(graph, host);
    changeHost(graph, host, {}, position);
  },

  MaintenanceEnded: (graph, { fqdn }, position) => {
    endMaintenance(graph, fqdn);
    changeHost(graph, fqdn, {}, position);
  },
};
