/** Leaving: processes first, then their node, then the host. */

import type { EventDraft } from '../events/catalogue.ts';
import type { Graph } from '../graph/graph.ts';
import type { HostRow } from '../graph/rows/hosts.ts';
import type { NodeRow, ProcessRow } from '../graph/rows/processes.ts';
import { varOf } from '../graph/vars.ts';
import { retiredRole } from '../values/credential-roles.ts';
import { byFid } from '../values/fid.ts';
import { hostOf, specOf } from './process.ts';

/** Whether somebody may be running it. */
export const mayRun = ({ state }: ProcessRow): boolean =>
  state !== 'unknown' && state !== 'offline' && state !== 'failed';

/** Takes a process out at once, with the tokens that spoke for it. Its endpoint cools down. */
export const removedEvents = (
  graph: Graph,
  { fid, node }: ProcessRow,
  at: number,
): EventDraft[] => [
  // Sorted, as the graph has no order of its own.
  ...Array.from(graph.many('speaks', fid), ({ id }) => id)
    .sort()
    .map((id) => ({
      type: 'CredentialRevoked' as const,
      data: { id, why: 'owner-removed' as const },
    })),
  { type: 'ProcessRemoved', data: { fid, node, cools_until: coolsUntil(graph, at) } },
];

export const removalOrderedEvent = ({ fid }: ProcessRow): EventDraft => ({
  type: 'ProcessRemovalOrdered',
  data: { fid },
});

/** It goes at once, unless somebody may be running it. */
export const processRemovalEvents = (
  graph: Graph,
  process: ProcessRow,
  at: number,
): EventDraft[] =>
  mayRun(process) ? [removalOrderedEvent(process)] : removedEvents(graph, process, at);

/** The node goes with its last process, and with it the host that is named. */
export const nodeRemovalOrderedEvents = (
  { fid }: Pick<NodeRow, 'fid'>,
  host: string | null,
): EventDraft[] => [
  { type: 'NodeRemovalOrdered', data: { fid } },
  ...(host === null ? [] : [{ type: 'HostRemovalOrdered' as const, data: { fqdn: host } }]),
];

const coolsUntil = (graph: Graph, at: number): number | null => {
  const seconds = varOf(graph, 'endpoint_cooldown');
  return seconds === 0 ? null : at + seconds * 1000;
};

/** What a process that is to be removed is ready for. One that cannot be stopped is failed first. */
export const processLeavingEvents = (
  graph: Graph,
  process: ProcessRow,
  at: number,
): EventDraft[] => {
  const { fid, state } = process;
  if (!mayRun(process))
    return [...abandonedEvents(graph, process, at), ...removedEvents(graph, process, at)];
  if (hostOf(graph, process).state === 'up') return [];
  const reason = `removed while ${state}: its host is down, so it could not be stopped`;
  return [{ type: 'ProcessStateChanged', data: { fid, state: 'failed', reason } }];
};

/** How long it is remembered that a process could not be stopped, ms. */
const departureMemory = 24 * 3600 * 1000;

/** One that failed after it had been ordered to leave could not be stopped. */
const abandonedEvents = (graph: Graph, process: ProcessRow, at: number): EventDraft[] => {
  const { fid, state, reason, moved, wanted, removing } = process;
  if (!removing || state !== 'failed' || moved < (wanted?.at ?? 0)) return [];
  const [{ fqdn: host }, { name }] = [hostOf(graph, process), specOf(graph, process)];
  const data = { fid, host, name, reason, until: at + departureMemory };
  return [{ type: 'ProcessAbandoned', data }];
};

/** The processes of a node that are being removed, oldest first. */
export const leavingOf = (graph: Graph, node: string): ProcessRow[] =>
  [...graph.many('hosts', node)].filter(({ removing }) => removing).sort(byFid);

/** A node that is to be removed goes when it has no process left, and its host with it. */
export const nodeLeavingEvents = (graph: Graph, node: string, at: number): EventDraft[] => {
  const row = graph.get('node', node);
  if (!row?.removing || graph.related('hosts', node) > 0) return [];
  const host = graph.must('host', row.host);
  return [
    { type: 'NodeRemoved', data: { fid: row.fid } },
    ...(host.removing ? hostRemovedEvents(graph, host, at) : []),
  ];
};

/** A host that is to be removed goes when it has no node. */
export const hostLeavingEvents = (graph: Graph, fqdn: string, at: number): EventDraft[] => {
  const host = graph.get('host', fqdn);
  return host?.removing && graph.related('runs', fqdn) === 0
    ? hostRemovedEvents(graph, host, at)
    : [];
};

/** How long an agent that could not be told can still learn that its host was removed, ms. */
const retirement = 30 * 24 * 3600 * 1000;

/** The tokens of its agents go with it; those of an agent that could not be told yet, after it was. */
const hostRemovedEvents = (graph: Graph, { fqdn, state }: HostRow, at: number): EventDraft[] => [
  ...tokensOf(graph, fqdn).map((id): EventDraft =>
    state === 'down'
      ? { type: 'CredentialRetired', data: { id, until: at + retirement } }
      : { type: 'CredentialRevoked', data: { id, why: 'owner-removed' } },
  ),
  { type: 'HostRemoved', data: { fqdn } },
];

const tokensOf = (graph: Graph, fqdn: string): string[] =>
  [...graph.all('credential')]
    .filter(({ host, role }) => host === fqdn && role !== retiredRole)
    .map(({ id }) => id)
    .sort();
