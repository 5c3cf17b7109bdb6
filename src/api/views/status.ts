/** The cluster at a glance. */

import { byFid, fidKey } from '../../core/allocation/fid.ts';
import { missingRoles } from '../../core/declared.ts';
import type { Graph } from '../../core/graph/graph.ts';
import type { HostRow } from '../../core/graph/resources.ts';
import type { GraphAt } from '../../station/archive.ts';
import type { Status, StatusHost } from '../schemas/replies.ts';
import { shownCounts, shownState } from '../../core/lifecycle/shown.ts';
import { statusProcess } from './processes.ts';
import { recoveryView } from './recovery.ts';

export interface StatusFilter {
  /** Only this host. */
  readonly host?: string;
  /** Only hosts and processes that somebody should look at. */
  readonly problems?: boolean;
  /** No hosts at all, only the counts. */
  readonly summary?: boolean;
}

/**
 * States that need nobody's attention. `unknown` is what an added process is until somebody reports
 * it.
 */
const calm: ReadonlySet<string> = new Set(['online', 'unknown', 'offline', 'starting']);

const hasProblem = ({ state, problem, missing, processes }: StatusHost): boolean =>
  state === 'down' || problem !== '' || missing.length > 0 || processes.length > 0;

const statusHost = (graph: Graph, row: HostRow, problems: boolean): StatusHost => {
  const node = graph.one('runs', row.fqdn);
  const processes = node ? [...graph.many('hosts', node.fid)] : [];
  const shown = problems
    ? processes.filter((process) => !calm.has(shownState(graph, process)))
    : processes;
  const waiting = row.pending.length > 0 ? `waiting for its agent: ${row.pending.join(', ')}` : '';
  const refused =
    row.refused.length > 0
      ? `refused other machines that claim its name: ${row.refused.join(', ')}`
      : '';
  return {
    fqdn: row.fqdn,
    state: row.state,
    reason: row.reason,
    since: row.since,
    node: node?.fid ?? null,
    problem: [row.problem || waiting, refused].filter((text) => text !== '').join('; '),
    missing: missingRoles(graph, row),
    recovery: recoveryView(graph, row.fqdn),
    processes: shown.sort(byFid).map((process) => statusProcess(graph, process)),
  };
};

const hosts = (graph: Graph, { host, problems = false, summary }: StatusFilter): StatusHost[] => {
  if (summary) return [];
  const only = host === undefined ? undefined : graph.get('host', host);
  const rows = host === undefined ? [...graph.all('host')] : only ? [only] : [];
  const views = rows
    .sort((a, b) => (a.fqdn < b.fqdn ? -1 : 1))
    .map((row) => statusHost(graph, row, problems));
  return problems ? views.filter(hasProblem) : views;
};

export const statusView = ({ graph, head, at }: GraphAt, filter: StatusFilter): Status => {
  const [cluster] = graph.all('cluster');
  const profiles = [...graph.all('profile')].sort((a, b) => fidKey(a.fid) - fidKey(b.fid));
  return {
    revision: head,
    at,
    cluster: cluster?.name ?? null,
    wanted: cluster?.wanted?.state ?? null,
    profile: profiles[0] ? { fid: profiles[0].fid, name: profiles[0].name } : null,
    pools: [...graph.all('pool')].map(({ fid, name }) => ({ fid, name })),
    counts: {
      hosts: { ...graph.hostCounts() },
      processes: shownCounts(graph),
    },
    hosts: hosts(graph, filter),
  };
};
