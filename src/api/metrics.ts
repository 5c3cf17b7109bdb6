/** Prometheus metrics of a station, read from its state when they are asked for. */

import { collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import { shownCounts } from '../core/lifecycle/shown.ts';
import type { PeriodicWork } from '../station/periodic.ts';
import type { Station } from '../station/station.ts';

export const metricsOf = (station: Station): Registry => {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });

  const gauge = (name: string, help: string, read: () => number): void => {
    const metric: Gauge = new Gauge({
      name: `halcyon_${name}`,
      help,
      registers: [registry],
      collect: () => metric.set(read()),
    });
  };
  gauge('log_revision', 'Revision of the last durable commit.', () => station.log.head());
  gauge('log_bytes', 'Bytes the log occupies.', () => station.log.size());
  gauge(
    'log_groups_total',
    'Groups of commits that the log made durable together since this station started.',
    () => station.log.groups,
  );
  gauge('commits_waiting', 'Commits decided and not durable yet.', () => station.waiting);
  gauge('commits_total', 'Commits since this station started.', () => station.counters.commits);
  gauge(
    'rejections_total',
    'Commands refused since this station started.',
    () => station.counters.rejections,
  );
  gauge('agents_connected', 'Agents with an open connection.', () => station.agents.connected);
  gauge('agent_heartbeat_ms', 'Interval the agents are told.', () => station.agents.heartbeatMs());

  const labelled = (
    name: string,
    help: string,
    read: () => Iterable<readonly [string, number]>,
    label: string,
  ): void => {
    const metric: Gauge = new Gauge({
      name: `halcyon_${name}`,
      help,
      labelNames: [label],
      registers: [registry],
      collect: () => {
        metric.reset();
        for (const [value, count] of read()) metric.set({ [label]: value }, count);
      },
    });
  };
  periodicMetrics(registry, station);
  labelled('hosts', 'Hosts by state.', () => Object.entries(station.graph.hostCounts()), 'state');
  labelled(
    'processes',
    'Processes by state.',
    () => Object.entries(shownCounts(station.graph)),
    'state',
  );
  labelled(
    'rule_firings_total',
    'How often a rule added something.',
    () => station.counters.firings,
    'rule',
  );
  return registry;
};

/** How late is what is done again and again. */
const periodicMetrics = (registry: Registry, station: Station): void => {
  const metric = (name: string, help: string, value: (work: PeriodicWork) => number): void => {
    const gauge: Gauge = new Gauge({
      name: `halcyon_periodic_${name}`,
      help,
      labelNames: ['work', 'where'],
      registers: [registry],
      collect: () => {
        gauge.reset();
        for (const one of station.periodic.list())
          gauge.set({ work: one.work, where: one.where }, value(one));
      },
    });
  };
  metric('lag_seconds', 'How late periodic work is, or was lately.', (work) => work.lag_ms / 1000);
  metric('due', 'What is due and not begun.', (work) => work.due);
};
