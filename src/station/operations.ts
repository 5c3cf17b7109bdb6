/**
 * Long work and how far it is. An operation is the commit that expressed a wish; its progress is read
 * from the graph, so there is nothing that could be lost or left over by a crash.
 */

import { fidKey } from '../core/allocation/fid.ts';
import type { Fid } from '../core/allocation/fid.ts';
import type { Commit, EventRecord } from '../core/events/commit.ts';
import type { Graph } from '../core/graph/graph.ts';
import type { ProcessRow } from '../core/graph/resources.ts';
import { blockerOf } from '../core/lifecycle/node.ts';
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
  /** Whether a removal is complete. */
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
          isGone: () => false,
        };
      case 'ProcessWanted':
        return {
          kind: kindOf(state),
          subject: fid,
          targets: (graph) => present([graph.get('process', fid)]),
          isGone: () => false,
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
  const managed = all.filter((row) => ownershipOf(graph, row) === 'managed');
  const independent = all.filter(
    (row) => ownershipOf(graph, row) === 'independent' && row.state === 'online',
  );
  const { kind, subject } = wish;
  const warnings =
    kind === 'stop'
      ? independent.map(({ fid }) => `${fid} is independent and goes on running`)
      : [];
  const overruled = managed.some((row) => {
    const wanted = wantedOf(graph, row);
    return wanted && wanted.at > commit.revision && kindOf(wanted.state) !== kind;
  });
  const sorted = managed.sort((a, b) => fidKey(a.fid) - fidKey(b.fid));
  const left = sorted.filter((row) => !isThere(row, kind));
  const failed = left
    .filter((row) => isStuck(graph, row, kind))
    .map((row) => straggler(graph, row));
  const waiting = left
    .filter((row) => !isStuck(graph, row, kind))
    .map((row) => straggler(graph, row));
  const isOver = kind === 'remove' ? wish.isGone(graph) : waiting.length === 0;
  return {
    kind,
    subject,
    state: overruled
      ? 'cancelled'
      : !isOver
        ? 'running'
        : failed.length > 0
          ? 'failed'
          : 'succeeded',
    total: managed.length,
    done: managed.length - left.length,
    failed,
    waiting,
    warnings,
  };
};

const ownershipOf = (graph: Graph, { spec }: ProcessRow): string =>
  graph.must('spec', spec).spec.ownership;

const isThere = ({ state }: ProcessRow, kind: Operation['kind']): boolean =>
  kind === 'start' ? state === 'online' : state === 'offline' || state === 'unknown';

/** Given up, required by something given up, or on a host that is not there. */
const isStuck = (graph: Graph, row: ProcessRow, kind: Operation['kind']): boolean =>
  kind !== 'remove' &&
  (row.state === 'failed' ||
    hostOf(graph, row).state !== 'up' ||
    (kind === 'start' && blocker(graph, row)?.state === 'failed'));

const hostOf = (
  graph: Graph,
  { node }: ProcessRow,
): { fqdn: string; state: string; reason: string } =>
  graph.must('host', graph.must('node', node).host);

const blocker = (graph: Graph, process: ProcessRow): ProcessRow | null =>
  blockerOf(
    graph,
    { process },
    Array.from(graph.many('hosts', process.node), (row) => ({ process: row })),
  );

const straggler = (graph: Graph, row: ProcessRow): Straggler => {
  const host = hostOf(graph, row);
  const blocking = blocker(graph, row);
  const reason =
    host.state !== 'up'
      ? `its host is ${host.state === 'down' ? `down: ${host.reason}` : 'not heard of yet'}`
      : row.reason !== '' || !blocking || row.state === 'online'
        ? row.reason
        : `waits for ${blocking.fid}, which is ${blocking.state}`;
  const { name } = graph.must('spec', row.spec).spec;
  return { fid: row.fid, host: host.fqdn, name, state: row.state, reason };
};
