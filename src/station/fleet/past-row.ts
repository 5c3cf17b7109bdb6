/**
 * The row of a machine as the log had it at a past moment: what checks had confirmed by then is in it, and since when;
 * what they measured is not.
 */

import type { Observation } from '../../checks/observation.ts';
import { rowOf } from '../../checks/view/state.ts';
import type { FleetRow } from '../../checks/view/row.ts';
import type { ReadGraph } from '../../core/graph/read-graph.ts';
import type { HostRow } from '../../core/graph/rows/hosts.ts';
import { machineFacts } from './machine-facts.ts';

const confirmedOf = (graph: ReadGraph, fqdn: string): Observation[] =>
  (graph.get('health', fqdn)?.checks ?? []).map(({ check, verdict, cause, since }) => ({
    ...{ machine: fqdn, check, verdict, value: null, text: cause ?? verdict },
    ...(cause ? { cause } : {}),
    ...{ observedAt: since, durationMs: 0 },
  }));

export const pastRow = (graph: ReadGraph, host: HostRow): FleetRow =>
  rowOf(machineFacts(graph, host, confirmedOf(graph, host.fqdn), null));
