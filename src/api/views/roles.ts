/** Roles as the API shows them. */

import type { RoleHost, RoleItem } from '../../contract/roles.ts';
import type { Graph } from '../../core/graph/graph.ts';
import type { ReadGraph } from '../../core/graph/read-graph.ts';
import { allocatedOf } from '../../core/graph/missing-roles.ts';
import type { HostRow } from '../../core/graph/rows/hosts.ts';
import type { ProcessRow } from '../../core/graph/rows/processes.ts';
import type { RoleRow } from '../../core/graph/rows/roles.ts';
import { shownState } from '../../core/lifecycle/shown.ts';
import { parseEndpoint } from '../../core/values/endpoint.ts';

/** Who has a role. */
export type Spread = Pick<RoleItem, 'declared' | 'waiting' | 'without' | 'nodes' | 'processes'>;

type Counted = { -readonly [F in keyof Spread]: Spread[F] };

/**
 * How roles are spread over the machines that somebody sees, or over all: one step a machine.
 *
 * @param graph of the same moment as the view; what its indexes tell is asked at once
 * @param view of which nothing changes meanwhile
 */
export const spreadsOf = (
  graph: Graph,
  view: ReadGraph,
  roles: readonly string[],
  seen: readonly HostRow[] | undefined,
): {
  readonly spreads: ReadonlyMap<string, Spread>;
  readonly count: Generator<undefined, void>;
} => {
  const spreads = new Map<string, Counted>();
  for (const role of roles)
    spreads.set(role, {
      ...{ declared: 0, waiting: 0, without: 0 },
      nodes: seen ? 0 : graph.indexes.rolesOnNodes.nodesOf(role),
      processes: seen ? {} : Object.fromEntries(graph.indexes.processLists.countsOf(role)),
    });
  const hosts = seen ?? view.all('host');
  return {
    spreads,
    count: (function* () {
      for (const row of hosts) {
        countDeclared(view, row, spreads);
        if (seen) countOwn(view, row, spreads);
        yield;
      }
    })(),
  };
};

type Spreads = ReadonlyMap<string, Counted>;

const countDeclared = (graph: ReadGraph, row: HostRow, spreads: Spreads): void => {
  for (const role of new Set(row.roles.map(({ name }) => name))) {
    const spread = spreads.get(role);
    if (!spread) continue;
    spread.declared += 1;
    if (row.pending.includes(role)) spread.waiting += 1;
    else if (stayingOn(graph, row, role) === 0) spread.without += 1;
  }
};

const countOwn = (graph: ReadGraph, { fqdn }: HostRow, spreads: Spreads): void => {
  const node = graph.one('runs', fqdn)?.fid;
  const here = new Set<Counted>();
  for (const process of node ? graph.many('hosts', node) : []) {
    const spread = spreads.get(process.role);
    if (!spread) continue;
    here.add(spread);
    const state = shownState(graph, process);
    spread.processes[state] = (spread.processes[state] ?? 0) + 1;
  }
  for (const spread of here) spread.nodes += 1;
};

export const roleItem = (
  { name, format, file, line, requires }: RoleRow,
  spread: Spread,
): RoleItem => ({ name, format, file, line, requires: [...requires], ...spread });

const stayingOn = (graph: ReadGraph, { fqdn }: HostRow, role: string): number => {
  const node = graph.one('runs', fqdn)?.fid;
  return node === undefined ? 0 : graph.stayingOfRole(node, role);
};

/** Whether a machine has a role, or should. */
export const isOfRole = (graph: Graph, row: HostRow, role: string): boolean => {
  if (row.roles.some(({ name }) => name === role)) return true;
  const node = graph.one('runs', row.fqdn)?.fid;
  return node !== undefined && graph.indexes.rolesOnNodes.count(node, role) > 0;
};

const endpointsMax = 16;

export const roleHost = (graph: Graph, row: HostRow, role: string): RoleHost => {
  const declared = row.roles.find(({ name }) => name === role);
  const node = graph.one('runs', row.fqdn)?.fid ?? null;
  const all = node === null ? [] : [...graph.many('hosts', node)];
  const own = all.filter((process) => process.role === role);
  const isPending = row.pending.includes(role);
  return {
    host: row.fqdn,
    state: row.state,
    node,
    declared: declared !== undefined,
    overrides: { ...declared?.overrides },
    pending: isPending,
    problem: isPending ? row.problem : '',
    given: declared ? allocatedOf(row, role) : null,
    processes: own.filter(({ removing }) => !removing).length,
    endpoints: own.slice(0, endpointsMax).map(({ endpoint }) => endpoint),
    next_endpoint: nextEndpoint(graph, own),
    ranges: rangesOf(graph, own, all),
  };
};

/** The lowest that is free from the lowest that its processes have. */
const nextEndpoint = (graph: Graph, own: readonly ProcessRow[]): string | null => {
  const parsed = own.flatMap(({ endpoint }) => parseEndpoint(endpoint) ?? []);
  const [first] = parsed;
  if (!first) return null;
  const { prefix, max } = first;
  const lowest = Math.min(...parsed.filter((one) => one.prefix === prefix).map(({ last }) => last));
  const free = graph.indexes.endpoints.lowestFree(prefix, lowest, max);
  return free < 0 ? null : `${prefix}${free}`;
};

/** The ranges of its processes, each once, with what the whole node has of them. */
const rangesOf = (
  graph: Graph,
  own: readonly ProcessRow[],
  all: readonly ProcessRow[],
): RoleHost['ranges'] => {
  const found = new Map<string, RoleHost['ranges'][number]>();
  for (const spec of new Set(own.map((process) => process.spec)))
    for (const [name, [from, to]] of Object.entries(graph.must('spec', spec).spec.ranges)) {
      const values = new Set(all.map(({ ranges }) => ranges[name]));
      const isWithin = (value: number | undefined): boolean =>
        value !== undefined && value >= from && value <= to;
      const next = graph.indexes.ranges.lowestFree(own[0]!.node, name, from, to);
      found.set(`${name} ${from} ${to}`, {
        ...{ name, from, to },
        used: [...values].filter(isWithin).length,
        next: next < 0 ? null : next,
      });
    }
  return [...found.values()];
};
