/** Hosts and nodes as the API shows them. */

import type { Host } from '../../contract/hosts.ts';
import type { Node } from '../../contract/nodes.ts';
import { missingRoles } from '../../core/graph/missing-roles.ts';
import type { ReadGraph } from '../../core/graph/read-graph.ts';
import type { HostRow } from '../../core/graph/rows/hosts.ts';
import type { NodeRow } from '../../core/graph/rows/processes.ts';
import { maintenanceView } from './maintenance.ts';
import { recoveryView } from './recovery.ts';

/** @param toMember is not told which machines claimed the name, nor of the cluster as a whole */
export const hostView = (graph: ReadGraph, row: HostRow, toMember = false): Host => {
  const node = graph.one('runs', row.fqdn);
  const { facts } = row;
  return {
    fqdn: row.fqdn,
    state: row.state,
    reason: row.reason,
    since: row.since,
    node: node?.fid ?? null,
    address: facts?.address ?? null,
    lnid: facts?.lnid ?? null,
    memory_mib: facts?.memory_mib ?? null,
    cpus: facts?.cpus ?? null,
    kernel: facts?.kernel ?? null,
    boot_id: facts?.boot_id ?? null,
    agent_version: facts?.version ?? null,
    interfaces: facts?.interfaces.map((one) => ({ ...one })) ?? [],
    enclosure: row.enclosure,
    project: row.project,
    roles: row.roles.map(({ name, overrides }) => ({
      name,
      overrides: { ...overrides },
      pending: row.pending.includes(name),
    })),
    problem: row.problem,
    missing: missingRoles(graph, row),
    refused: toMember ? row.refused.map(() => 'another machine') : [...row.refused],
    recovery: recoveryView(graph, row.fqdn, toMember),
    maintenance: maintenanceView(graph, row.fqdn),
    processes: node ? graph.related('hosts', node.fid) : 0,
    created: row.created,
    changed: row.changed,
  };
};

export const nodeView = (graph: ReadGraph, { fid, host, created }: NodeRow): Node => ({
  fid,
  host,
  state: graph.must('host', host).state,
  processes: graph.related('hosts', fid),
  created,
});
