/** The cluster at a glance. */

import type { Status, StatusHost } from '../../contract/status.ts';
import type { Graph } from '../../core/graph/graph.ts';
import { missingRoles } from '../../core/graph/missing-roles.ts';
import type { ReadGraph } from '../../core/graph/read-graph.ts';
import type { HostRow } from '../../core/graph/rows/hosts.ts';
import type { ProcessRow } from '../../core/graph/rows/processes.ts';
import { byAge } from '../../core/graph/sorted-keys.ts';
import { shownCounts, shownState } from '../../core/lifecycle/shown.ts';
import { calmStates } from '../../core/values/states.ts';
import type { LastingMoment } from '../reads.ts';
import { statusProcess } from './processes.ts';
import { maintenanceView } from './maintenance.ts';
import { recoveryView } from './recovery.ts';

export interface StatusFilter {
  /** Only this host. */
  readonly host?: string;
  /** Only hosts and processes that somebody should look at. */
  readonly problems?: boolean;
  /** No hosts at all, only the counts. */
  readonly summary?: boolean;
  /** Hosts that may have changed after a revision, in order; null: all are shown. */
  readonly since?: number;
  readonly changed: readonly string[] | null;
  /** The machines that whoever asks sees; undefined: all. */
  readonly seen?: readonly HostRow[] | undefined;
}

/** The names of the hosts that are shown; absent: all. */
const namesOf = (
  graph: Graph,
  { host, problems: isProblem, summary, changed, seen }: StatusFilter,
): readonly string[] | undefined => {
  const { problems } = graph.indexes;
  if (summary) return [];
  if (host !== undefined) return isProblem && !problems.has(host) ? [] : [host];
  if (seen) return seen.map(({ fqdn }) => fqdn).filter((fqdn) => !isProblem || problems.has(fqdn));
  if (changed)
    return changed.filter((fqdn) =>
      isProblem ? problems.has(fqdn) : graph.get('host', fqdn) !== undefined,
    );
  return isProblem ? problems.after(undefined, Infinity) : undefined;
};

const deltaOf = (
  { since, changed, summary }: StatusFilter,
  names: readonly string[] = [],
): Pick<Status, 'delta'> => {
  if (!changed || summary) return {};
  const shown = new Set(names);
  return { delta: { since: since!, gone: changed.filter((fqdn) => !shown.has(fqdn)) } };
};

function* hostsOf(graph: ReadGraph, names: readonly string[] | undefined): Generator<HostRow> {
  if (names) for (const name of names) yield graph.must('host', name);
  else yield* graph.rowsAfter('host');
}

const processesOf = (graph: ReadGraph, fqdn: string, problems: boolean): ProcessRow[] => {
  const node = graph.one('runs', fqdn);
  const all = node ? [...graph.many('hosts', node.fid)] : [];
  const shown = problems ? all.filter((row) => !calmStates.has(shownState(graph, row))) : all;
  return shown.sort((a, b) => byAge(a.fid, b.fid));
};

const hostHead = (
  graph: ReadGraph,
  row: HostRow,
  toMember: boolean,
): Omit<StatusHost, 'processes'> => {
  const waiting = row.pending.length > 0 ? `waiting for its agent: ${row.pending.join(', ')}` : '';
  const refused =
    row.refused.length > 0
      ? `refused other machines that claim its name${toMember ? '' : `: ${row.refused.join(', ')}`}`
      : '';
  return {
    fqdn: row.fqdn,
    state: row.state,
    reason: row.reason,
    since: row.since,
    node: graph.one('runs', row.fqdn)?.fid ?? null,
    problem: [row.problem || waiting, refused].filter((text) => text !== '').join('; '),
    missing: missingRoles(graph, row),
    recovery: recoveryView(graph, row.fqdn, toMember),
    maintenance: maintenanceView(graph, row.fqdn),
  };
};

/** Of the machines that are seen; undefined: of all. */
const countsOf = (graph: ReadGraph, seen: StatusFilter['seen']): Status['counts'] => {
  if (!seen) return { hosts: { ...graph.hostCounts() }, processes: shownCounts(graph) };
  const counts: Status['counts'] = { hosts: { unknown: 0, up: 0, down: 0 }, processes: {} };
  const add = (to: Record<string, number>, state: string): void => {
    to[state] = (to[state] ?? 0) + 1;
  };
  for (const { fqdn, state } of seen) {
    add(counts.hosts, state);
    const node = graph.one('runs', fqdn);
    for (const process of node ? graph.many('hosts', node.fid) : [])
      add(counts.processes, shownState(graph, process));
  }
  return counts;
};

const overview = (
  { graph, head, at }: LastingMoment,
  { seen }: StatusFilter,
): Omit<Status, 'hosts'> => {
  const [cluster] = graph.all('cluster');
  const [profile] = graph.all('profile');
  return {
    revision: head,
    at,
    cluster: cluster?.name ?? null,
    wanted: cluster?.wanted?.state ?? null,
    profile: profile ? { fid: profile.fid, name: profile.name } : null,
    pools: Array.from(graph.all('pool'), ({ fid, name }) => ({ fid, name })),
    counts: countsOf(graph, seen),
  };
};

/** An object whose last field is a list that follows. */
const opened = (head: object, list: string): string =>
  `${JSON.stringify(head).slice(0, -1)},"${list}":[`;

/** The status as JSON, a process at a time. Which hosts it shows is found at once. */
export const statusText = (
  moment: LastingMoment,
  graph: Graph,
  filter: StatusFilter,
): Iterable<string> => {
  const names = namesOf(graph, filter);
  return textOf(moment, names, filter);
};

function* textOf(
  moment: LastingMoment,
  names: readonly string[] | undefined,
  filter: StatusFilter,
): Generator<string> {
  const { graph } = moment;
  const { problems = false } = filter;
  yield opened({ ...overview(moment, filter), ...deltaOf(filter, names) }, 'hosts');
  let betweenHosts = '';
  for (const host of hostsOf(graph, names)) {
    yield betweenHosts + opened(hostHead(graph, host, filter.seen !== undefined), 'processes');
    let between = '';
    for (const process of processesOf(graph, host.fqdn, problems)) {
      yield between + JSON.stringify(statusProcess(graph, process));
      between = ',';
    }
    yield ']}';
    betweenHosts = ',';
  }
  yield ']}';
}
