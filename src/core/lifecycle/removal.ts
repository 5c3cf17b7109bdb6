/** Leaving: processes first, then their node, then the host. */

import { byFid } from '../allocation/fid.ts';
import type { EventDraft } from '../events/catalogue.ts';
import type { Graph } from '../graph/graph.ts';
import type { HostRow, NodeRow, ProcessRow } from '../graph/resources.ts';

/** Whether somebody may be running it. */
export const mayRun = ({ state }: ProcessRow): boolean =>
  state !== 'unknown' && state !== 'offline' && state !== 'failed';

/** Takes a process out at once, with the tokens that spoke for it. */
export const removed = (graph: Graph, { fid, node }: ProcessRow): EventDraft[] => [
  // Sorted, as the graph has no order of its own.
  ...Array.from(graph.many('speaks', fid), ({ id }) => id)
    .sort()
    .map((id) => ({
      type: 'CredentialRevoked' as const,
      data: { id, why: 'owner-removed' as const },
    })),
  { type: 'ProcessRemoved', data: { fid, node } },
];

/** What a process that is to be removed is ready for. One that cannot be stopped is failed first. */
export const processRemoval = (graph: Graph, process: ProcessRow): EventDraft[] => {
  const { fid, node, state } = process;
  if (!mayRun(process)) return removed(graph, process);
  if (graph.must('host', graph.must('node', node).host).state === 'up') return [];
  const reason = `removed while ${state}: its host is down, so it could not be stopped`;
  return [{ type: 'ProcessStateChanged', data: { fid, state: 'failed', reason } }];
};

/** The processes of a node that are being removed, oldest first. */
export const leavingOf = (graph: Graph, node: string): ProcessRow[] =>
  [...graph.many('hosts', node)].filter(({ removing }) => removing).sort(byFid);

/** Nodes that were to be removed and have no process left. */
export const nodeRemovals = (graph: Graph): EventDraft[] =>
  leaving(graph, 'node')
    .filter(({ fid }) => graph.related('hosts', fid) === 0)
    .map(({ fid }) => ({ type: 'NodeRemoved', data: { fid } }));

/** Hosts that were to be removed and have no node left. Their agents' tokens go with them. */
export const hostRemovals = (graph: Graph): EventDraft[] =>
  leaving(graph, 'host')
    .filter(({ fqdn }) => graph.related('runs', fqdn) === 0)
    .flatMap(({ fqdn }) => [
      ...tokensOf(graph, fqdn).map((id) => ({
        type: 'CredentialRevoked' as const,
        data: { id, why: 'owner-removed' as const },
      })),
      { type: 'HostRemoved' as const, data: { fqdn } },
    ]);

const tokensOf = (graph: Graph, fqdn: string): string[] =>
  [...graph.all('credential')]
    .filter(({ host }) => host === fqdn)
    .map(({ id }) => id)
    .sort();

function leaving(graph: Graph, kind: 'node'): NodeRow[];
function leaving(graph: Graph, kind: 'host'): HostRow[];
function leaving(graph: Graph, kind: 'node' | 'host'): (NodeRow | HostRow)[] {
  return Array.from(graph.leaving(kind))
    .sort()
    .map((key) => graph.must(kind, key));
}
