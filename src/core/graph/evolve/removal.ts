/** What the events of leaving change in the graph. */

import type { removalEvents } from '../../events/removal.ts';
import { changeHost, clearDeadline, made, setDeadline } from '../changes.ts';
import type { Evolvers } from '../changes.ts';
import type { Graph } from '../graph.ts';
import { forgetHealth } from './checks.ts';
import { forgetNotes } from './notes.ts';
import { endConnections } from './console-connections.ts';
import { endMaintenance } from './maintenance.ts';
import { forgetRegistration } from './obm-news.ts';
import { forgetOrders } from './obm-orders.ts';
import { forgetProcedures } from './procedures.ts';
import { endRecovery } from './recovery.ts';

/** Processes that could not be stopped and are remembered; the next one takes the place of the oldest. */
export const departuresMax = 10_000;

/** One that gave way may be forgotten again, when its time is over. */
const forgetDeparture = (graph: Graph, fid: string): void => {
  if (!graph.get('departure', fid)) return;
  graph.remove('departure', fid);
  clearDeadline(graph, 'departure-expiry', fid);
};

export const removalEvolvers: Evolvers<typeof removalEvents> = {
  ProcessRemovalOrdered: (graph, { fid }, { revision }) =>
    graph.put('process', {
      ...graph.must('process', fid),
      removing: true,
      wanted: { state: 'offline', at: revision },
      changed: revision,
    }),

  NodeRemovalOrdered: (graph, { fid }, { revision }) =>
    graph.put('node', { ...graph.must('node', fid), removing: true, changed: revision }),

  HostRemovalOrdered: (graph, { fqdn }, position) =>
    changeHost(graph, fqdn, { removing: true }, position),

  // Says who refused; what left has events of its own.
  NodeRemovalHeld: () => undefined,

  ProcessAbandoned: (graph, { fid, host, name, reason, until }, position) => {
    while (graph.indexes.deadlines.count('departure-expiry') >= departuresMax)
      forgetDeparture(graph, graph.indexes.deadlines.next('departure-expiry')!.subject);
    graph.put('departure', { fid, host, name, reason, ...made(position) });
    setDeadline(graph, 'departure-expiry', fid, until, position);
  },

  ProcessRemoved: (graph, { fid, cools_until }, position) => {
    // From the last to the first, so that undoing links them in the order of the spec again.
    for (const service of [...graph.many('provides', fid)].reverse())
      graph.remove('service', service.fid);
    for (const kind of ['process-start', 'process-stop', 'process-retry'] as const)
      clearDeadline(graph, kind, fid);
    const { spec, endpoint } = graph.must('process', fid);
    graph.remove('process', fid);
    if (cools_until !== null)
      setDeadline(graph, 'endpoint-cooldown', endpoint, cools_until, position);
    if (graph.related('shapes', spec) === 0) graph.remove('spec', spec);
  },

  NodeRemoved: (graph, { fid }) => graph.remove('node', fid),

  HostRemoved: (graph, { fqdn }) => {
    if (graph.get('obm', fqdn)) graph.remove('obm', fqdn);
    forgetRegistration(graph, fqdn);
    forgetOrders(graph, fqdn);
    forgetProcedures(graph, fqdn);
    endConnections(graph, fqdn);
    endRecovery(graph, fqdn);
    endMaintenance(graph, fqdn);
    forgetHealth(graph, fqdn);
    forgetNotes(graph, fqdn);
    if (graph.get('policy', fqdn)) graph.remove('policy', fqdn);
    graph.remove('host', fqdn);
  },

  DeparturesForgotten: (graph, { fids }) => {
    for (const fid of fids) forgetDeparture(graph, fid);
  },

  EndpointsCooled: (graph, { endpoints }) => {
    for (const endpoint of endpoints) clearDeadline(graph, 'endpoint-cooldown', endpoint);
  },
};
