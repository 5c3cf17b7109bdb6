/**
 * Long work and how far it is. An operation is the commit that expressed a wish; its progress is read
 * from the graph, so there is nothing that could be lost or left over by a crash.
 */

import { byFid } from '../core/allocation/fid.ts';
import type { Fid } from '../core/allocation/fid.ts';
import type { Commit, EventRecord, Revision } from '../core/events/commit.ts';
import type { Graph } from '../core/graph/graph.ts';
import type { ProcessRow } from '../core/graph/resources.ts';
import { Requirements, specOf } from '../core/lifecycle/requirements.ts';
import { wantedOf } from '../core/lifecycle/wanted.ts';

export type OperationState = 'running' | 'succeeded' | 'failed' | 'cancelled';

/** A process that is not where it was wanted, and why. */
export interface Straggler {
  readonly fid: Fid;
  readonly host: string;
  readonly name: string;
  readonly state: string;
  readonly reason: string;
}

export interface Operation {
  readonly kind: 'start' | 'stop' | 'remove';
  readonly subject: string;
  readonly state: OperationState;
  readonly total: number;
  readonly done: number;
  /** Will not get there by themselves. */
  readonly failed: readonly Straggler[];
  readonly waiting: readonly Straggler[];
  /** What the operation leaves alone although one might expect otherwise. */
  readonly warnings: readonly string[];
}

interface Wish {
  readonly kind: Operation['kind'];
  readonly subject: string;
  readonly targets: (graph: Graph) => ProcessRow[];
  /** Whether what it is about has been removed. */
  readonly isGone: (graph: Graph) => boolean;
}

const present = (rows: readonly (ProcessRow | undefined)[]): ProcessRow[] =>
  rows.filter((row) => row !== undefined);

const onNode = (graph: Graph, node: Fid): ProcessRow[] =>
  graph.get('node', node) ? [...graph.many('hosts', node)] : [];

const kindOf = (state: unknown): 'start' | 'stop' => (state === 'online' ? 'start' : 'stop');

/** The wish that a commit expressed; null: it is no operation. */
const wishIn = (events: readonly EventRecord[]): Wish | null => {
  for (const { type, data } of events) {
    const { fid, fqdn, state } = data as { fid: Fid; fqdn: string; state: string };
    switch (type) {
      case 'ClusterWanted':
        return {
          kind: kindOf(state),
          subject: 'cluster',
          targets: (graph) => [...graph.all('process')],
          isGone: () => false,
        };
      case 'NodeWanted':
        return {
          kind: kindOf(state),
          subject: fid,
          targets: (graph) => onNode(graph, fid),
          isGone: (graph) => !graph.get('node', fid),
        };
      case 'ProcessWanted':
        return {
          kind: kindOf(state),
          subject: fid,
          targets: (graph) => present([graph.get('process', fid)]),
          isGone: (graph) => !graph.get('process', fid),
        };
      case 'HostRemovalOrdered':
        return {
          kind: 'remove',
          subject: fqdn,
          targets: (graph) => {
            const node = graph.one('runs', fqdn);
            return node ? onNode(graph, node.fid) : [];
          },
          isGone: (graph) => !graph.get('host', fqdn),
        };
      case 'NodeRemovalOrdered':
        if (events.some((event) => event.type === 'HostRemovalOrdered')) continue;
        return {
          kind: 'remove',
          subject: fid,
          targets: (graph) => onNode(graph, fid),
          isGone: (graph) => !graph.get('node', fid),
        };
      case 'ProcessRemoved':
      case 'ProcessRemovalOrdered':
        if (events.some((event) => event.type === 'NodeRemovalOrdered')) continue;
        return {
          kind: 'remove',
          subject: fid,
          targets: (graph) => present([graph.get('process', fid)]),
          isGone: (graph) => !graph.get('process', fid),
        };
      default:
    }
  }
  return null;
};

/** How far the operation of a commit is; null where the commit is none. */
export const operationOf = (graph: Graph, commit: Commit): Operation | null => {
  const wish = wishIn(commit.events);
  if (!wish) return null;
  const all = wish.targets(graph).filter(({ created }) => created <= commit.revision);
  const { kind, subject } = wish;
  const { revision } = commit;
  const managed = all.filter((row) => specOf(graph, row).ownership === 'managed');
  const independent = all.filter(
    (row) => specOf(graph, row).ownership === 'independent' && row.state === 'online',
  );
  const warnings =
    kind === 'stop'
      ? independent.sort(byFid).map(({ fid }) => `${fid} is independent and goes on running`)
      : [];
  const targets = managed.filter((row) => !isOverruled(graph, row, kind, revision)).sort(byFid);
  const left = targets.filter((row) => !isThere(row, kind, revision));
  const requirements = requirementsOf(graph);
  const stuck = new Set(left.filter((row) => isStuck(graph, requirements, row, kind)));
  const explain = (row: ProcessRow): Straggler => straggler(graph, requirements, row);
  const failed = left.filter((row) => stuck.has(row)).map(explain);
  const waiting = left.filter((row) => !stuck.has(row)).map(explain);
  const isOver = kind === 'remove' ? wish.isGone(graph) : waiting.length === 0;
  return {
    kind,
    subject,
    state:
      (managed.length > 0 && targets.length === 0) || (kind === 'start' && wish.isGone(graph))
        ? 'cancelled'
        : !isOver
          ? 'running'
          : failed.length > 0
            ? 'failed'
            : 'succeeded',
    total: targets.length,
    done: targets.length - left.length,
    failed,
    waiting,
    warnings,
  };
};

/** Somebody has wanted the opposite of it since; the operation goes on with the others. */
const isOverruled = (
  graph: Graph,
  row: ProcessRow,
  kind: Operation['kind'],
  since: Revision,
): boolean => {
  const wanted = wantedOf(graph, row);
  if (!wanted || wanted.at <= since) return false;
  return wanted.state === (kind === 'start' ? 'offline' : 'online');
};

/** What had failed before it was to be stopped does not run. */
const isThere = (
  { state, moved }: ProcessRow,
  kind: Operation['kind'],
  since: Revision,
): boolean => {
  if (kind === 'start') return state === 'online';
  return state === 'offline' || state === 'unknown' || (state === 'failed' && moved <= since);
};

type RequirementsOf = (process: ProcessRow) => Requirements;

/** Each node is looked at once, however many processes of it are asked about. */
const requirementsOf = (graph: Graph): RequirementsOf => {
  const known = new Map<Fid, Requirements>();
  return ({ node }) => {
    const requirements = known.get(node) ?? new Requirements(graph, node);
    known.set(node, requirements);
    return requirements;
  };
};

/** Given up, held back by something that will not come, or on a host that is not there. */
const isStuck = (
  graph: Graph,
  requirements: RequirementsOf,
  row: ProcessRow,
  kind: Operation['kind'],
): boolean => {
  if (kind === 'remove') return false;
  if (hostOf(graph, row).state !== 'up') return true;
  return kind === 'start' ? !requirements(row).comes(row) : row.state === 'failed';
};

const hostOf = (
  graph: Graph,
  { node }: ProcessRow,
): { fqdn: string; state: string; reason: string } =>
  graph.must('host', graph.must('node', node).host);

const straggler = (graph: Graph, requirements: RequirementsOf, row: ProcessRow): Straggler => {
  const host = hostOf(graph, row);
  const blocking = requirements(row).blockerOf(row);
  const reason =
    host.state !== 'up'
      ? `its host is ${host.state === 'down' ? `down: ${host.reason}` : 'not heard of yet'}`
      : row.reason !== '' || !blocking || row.state === 'online'
        ? row.reason
        : `waits for ${blocking.fid}, which is ${blocking.state}`;
  const { name } = specOf(graph, row);
  return { fid: row.fid, host: host.fqdn, name, state: row.state, reason };
};
