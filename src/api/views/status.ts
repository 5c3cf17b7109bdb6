/** The cluster at a glance. */

import type { Status, StatusHost } from '../../contract/status.ts';
import { missingRoles } from '../../core/declaration/missing.ts';
import type { ReadGraph } from '../../core/graph/read-graph.ts';
import type { HostRow } from '../../core/graph/rows/hosts.ts';
import { shownCounts, shownState } from '../../core/lifecycle/shown.ts';
import { byFid } from '../../core/values/fid.ts';
import type { LastingMoment } from '../reads.ts';
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

const statusHost = (graph: ReadGraph, row: HostRow, problems: boolean): StatusHost => {
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

function* hosts(graph: ReadGraph, filter: StatusFilter): Generator<StatusHost | null> {
  const { host, problems = false, summary } = filter;
  if (summary) return;
  const only = host === undefined ? undefined : graph.get('host', host);
  for (const row of host === undefined ? graph.rowsAfter('host') : only ? [only] : []) {
    const view = statusHost(graph, row, problems);
    yield problems && !hasProblem(view) ? null : view;
  }
}

const overview = ({ graph, head, at }: LastingMoment): Omit<Status, 'hosts'> => {
  const [cluster] = graph.all('cluster');
  const [profile] = graph.all('profile');
  return {
    revision: head,
    at,
    cluster: cluster?.name ?? null,
    wanted: cluster?.wanted?.state ?? null,
    profile: profile ? { fid: profile.fid, name: profile.name } : null,
    pools: Array.from(graph.all('pool'), ({ fid, name }) => ({ fid, name })),
    counts: { hosts: { ...graph.hostCounts() }, processes: shownCounts(graph) },
  };
};

/** The status as JSON, a host at a time. */
export function* statusText(moment: LastingMoment, filter: StatusFilter): Generator<string> {
  yield `${JSON.stringify(overview(moment)).slice(0, -1)},"hosts":[`;
  let separator = '';
  for (const host of hosts(moment.graph, filter)) {
    yield host ? separator + JSON.stringify(host) : '';
    if (host) separator = ',';
  }
  yield ']}';
}
