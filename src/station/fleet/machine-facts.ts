/** What graph and observations have of a machine, as the fleet's table takes it. */

import { agentFinding } from '../../checks/catalogue/agent.ts';
import { ipmiFinding } from '../../checks/catalogue/ipmi.ts';
import { powerFinding } from '../../checks/catalogue/power.ts';
import type { Finding } from '../../checks/check.ts';
import type { Observation } from '../../checks/observation.ts';
import type { MachineFacts } from '../../checks/view/row.ts';
import type { ReadGraph } from '../../core/graph/read-graph.ts';
import type { HostRow } from '../../core/graph/rows/hosts.ts';

/**
 * @param observed what checks found; those that the graph tells by itself are added where they are missing
 * @param scheduler what the batch scheduler says; null: nothing, or not at that moment
 */
export const machineFacts = (
  graph: ReadGraph,
  row: HostRow,
  observed: readonly Observation[],
  scheduler: MachineFacts['scheduler'],
): MachineFacts => {
  const { fqdn, state, reason, since, roles, project, enclosure } = row;
  return {
    machine: fqdn,
    host: state,
    hostReason: reason,
    hostSince: since,
    node: graph.one('runs', fqdn)?.fid ?? null,
    roles: roles.map(({ name }) => name),
    project,
    enclosure,
    maintenance: maintenanceOf(graph, fqdn),
    scheduler,
    note: noteOf(graph, fqdn),
    checks: withGraphs(graph, row, observed),
  };
};

const maintenanceOf = (graph: ReadGraph, fqdn: string): MachineFacts['maintenance'] => {
  const row = graph.get('maintenance', fqdn);
  if (!row) return null;
  const { reason, by, since, until } = row;
  return { reason, by, since, until };
};

const noteOf = (graph: ReadGraph, fqdn: string): MachineFacts['note'] => {
  const last = graph.get('notes', fqdn)?.notes.at(-1);
  return last ? { text: last.text, by: last.by, at: last.at } : null;
};

const byCheck = (a: Observation, b: Observation): number =>
  a.check < b.check ? -1 : a.check > b.check ? 1 : 0;

const withGraphs = (
  graph: ReadGraph,
  row: HostRow,
  observed: readonly Observation[],
): readonly Observation[] => {
  const known = new Set(observed.map(({ check }) => check));
  const own = ownOf(graph, row).filter(({ check }) => !known.has(check));
  return [...observed, ...own].sort(byCheck);
};

/** As the station has them anyway; of a manager that there is not nothing is said. */
const ownOf = (graph: ReadGraph, { fqdn, state, since }: HostRow): Observation[] => {
  const seen = graph.get('observation', fqdn);
  const found = (check: string, finding: Finding, observedAt: number): Observation => ({
    ...{ machine: fqdn, check, ...finding, observedAt, durationMs: 0 },
  });
  const agent = found('agent', agentFinding(state), since);
  if (!seen) return [agent];
  const { power, trouble } = seen;
  const manager = {
    registered: true,
    trouble: trouble?.reason ?? null,
    power: power?.state ?? null,
  };
  const at = Math.max(trouble?.seen ?? 0, power?.seen ?? 0);
  return [
    agent,
    found('ipmi', ipmiFinding(manager), at),
    found('power', powerFinding(manager), power?.seen ?? at),
  ];
};
