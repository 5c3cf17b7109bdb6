/** Agents, and what the cluster has their hosts and processes for. */

import { hostStates, processStates } from '../../core/values/states.ts';
import { shownCounts } from '../../core/lifecycle/shown.ts';
import type { Station } from '../../station/station.ts';
import type { Exposition } from './exposition.ts';

export const agentMetrics = (exposition: Exposition, station: Station): void => {
  exposition.gauge(
    'agents_connected',
    'Agents with an open connection.',
    () => station.agents.connected,
  );
  exposition.gauge(
    'agent_heartbeat_seconds',
    'Interval the agents are told.',
    () => station.agents.heartbeatMs() / 1000,
  );
  exposition.gauges('hosts', 'Hosts by state.', ['state'], () => {
    const counts = station.graph.hostCounts();
    return hostStates.map((state) => [[state], counts[state]]);
  });
  exposition.gauges('processes', 'Processes by state.', ['state'], () => {
    const counts = shownCounts(station.graph);
    return processStates.map((state) => [[state], counts[state] ?? 0]);
  });
};
