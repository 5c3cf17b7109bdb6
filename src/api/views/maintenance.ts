/** Who works on a machine, as the API shows it. */

import type { Maintenance } from '../../contract/hosts.ts';
import type { ReadGraph } from '../../core/graph/read-graph.ts';

export const maintenanceView = (graph: ReadGraph, fqdn: string): Maintenance | null => {
  const row = graph.get('maintenance', fqdn);
  if (!row) return null;
  const { reason, by, since, until } = row;
  return { reason, by, since, until };
};
