/** Leaving: processes first, then their node, then the host. */

import { byFid } from '../allocation/fid.ts';
import type { EventDraft } from '../events/catalogue.ts';
import type { Graph } from '../graph/graph.ts';
import type { ProcessRow } from '../graph/resources.ts';
import { varOf } from '../vars.ts';

/** Whether somebody may be running it. */
export const mayRun = ({ state }: ProcessRow): boolean =>
  state !== 'unknown' && state !== 'offline' && state !== 'failed';

/** Takes a process out at once, with the tokens that spoke for it. Its endpoint cools down. */
export const removed = (graph: Graph, { fid, node }: ProcessRow, at: number): EventDraft[] => [
  // Sorted, as the graph has no order of its own.
  ...Array.from(graph.many('speaks', fid), ({ id }) => id)
    .sort()
    .map((id) => ({
      type: 'CredentialRevoked' as const,
      data: { id, why: 'owner-removed' as const },
    })),
  { type: 'ProcessRemoved', data: { fid, node, cools_until: coolsUntil(graph, at) } },
];

const coolsUntil = (graph: Graph, at: number): number | null => {
  const seconds = varOf(graph, 'endpoint_cooldown');
  return seconds === 0 ? null : at + seconds * 1000;
};

/** What a process that is to be removed is ready for. One that cannot be stopped is failed first. */
export const processRemoval = (graph: Graph, process: ProcessRow, at: number): EventDraft[] => {
  const { fid, node, state } = process;
  if (!mayRun(process)) return removed(graph, process, at);
  if (graph.must('host', graph.must('node', node).host).state === 'up') return [];
  const reason = `removed while ${state}: its host is down, so it could not be stopped`;
  return [{ type: 'ProcessStateChanged', data: { fid, state: 'failed', reason } }];
};

/** The processes of a node that are being removed, oldest first. */
export const leavingOf = (graph: Graph, node: string): ProcessRow[] =>
  [...graph.many('hosts', node)].filter(({ removing }) => removing).sort(byFid);

/** A node that is to be removed goes when it has no process left, and its host with it. */
export const nodeRemoval = (graph: Graph, node: string): EventDraft[] => {
  const row = graph.get('node', node);
  if (!row?.removing || graph.related('hosts', node) > 0) return [];
  const host = graph.must('host', row.host);
  return [
    { type: 'NodeRemoved', data: { fid: row.fid } },
    ...(host.removing ? hostRemoved(graph, host.fqdn) : []),
  ];
};

/** A host that is to be removed goes when it has no node. */
export const hostRemoval = (graph: Graph, fqdn: string): EventDraft[] =>
  graph.get('host', fqdn)?.removing && graph.related('runs', fqdn) === 0
    ? hostRemoved(graph, fqdn)
    : [];

/** The tokens of its agents go with it. */
const hostRemoved = (graph: Graph, fqdn: string): EventDraft[] => [
  ...tokensOf(graph, fqdn).map((id) => ({
    type: 'CredentialRevoked' as const,
    data: { id, why: 'owner-removed' as const },
  })),
  { type: 'HostRemoved', data: { fqdn } },
];

const tokensOf = (graph: Graph, fqdn: string): string[] =>
  [...graph.all('credential')]
    .filter(({ host }) => host === fqdn)
    .map(({ id }) => id)
    .sort();
