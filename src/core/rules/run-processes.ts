/** Brings processes to what is wanted of them, and carries out removals once nothing runs any more. */

import { decided, unchanged } from '../decision.ts';
import type { EventDraft, EventOf } from '../events/catalogue.ts';
import type { Graph } from '../graph/graph.ts';
import type { NodeRow } from '../graph/rows/processes.ts';
import {
  hostLeavingEvents,
  leavingOf,
  nodeLeavingEvents,
  processLeavingEvents,
} from '../lifecycle/leaving.ts';
import { nextOrderEvents } from '../lifecycle/node.ts';
import { isManaged } from '../lifecycle/process.ts';
import { byFid, fidKey } from '../values/fid.ts';
import type { Fid } from '../values/fid.ts';
import { eventRule, stateRule } from './rule.ts';
import type { Rule } from './rule.ts';

const moving = [
  'NodeWanted',
  'NodeUp',
  'ProcessWanted',
  'ProcessStateChanged',
  'ProcessRemovalOrdered',
  'ProcessRemoved',
] as const;

/** The node whose order of starting and stopping an event may have changed. */
const movedNode = (graph: Graph, event: EventOf<(typeof moving)[number]>): Fid | undefined => {
  switch (event.type) {
    case 'NodeWanted':
      return event.data.fid;
    case 'NodeUp':
      return graph.one('runs', event.data.fqdn)?.fid;
    case 'ProcessWanted':
    case 'ProcessStateChanged':
    case 'ProcessRemovalOrdered': {
      const process = graph.get('process', event.data.fid);
      return process && isManaged(graph, process) ? process.node : undefined;
    }
    case 'ProcessRemoved':
      return graph.get('node', event.data.node ?? '')?.fid;
  }
};

const advanceNode = stateRule({
  name: 'advance-node',
  description:
    'A node goes up level by level as far as it can, and down in the opposite order, on its own.',
  on: moving,
  subject: movedNode,
  follow: (graph, node, { at }) => decided(nextOrderEvents(graph, node as Fid, at)),
});

/** How many orders one commit takes of a cluster that starts or stops, as long as each node gets its turn. */
export const ordersPerWave = 20_000;

/**
 * The orders of the nodes that come after one, oldest first, and where to go on should there be too
 * many. What is wanted may have changed between two waves: each looks anew.
 */
const waveEvents = (graph: Graph, after: Fid | null, at: number): EventDraft[] => {
  const events: EventDraft[] = [];
  let last = after;
  for (const { fid } of [...graph.all('node')].sort(byFid)) {
    if (after !== null && fidKey(fid) <= fidKey(after)) continue;
    const orders = nextOrderEvents(graph, fid, at);
    if (last !== null && events.length > 0 && events.length + orders.length > ordersPerWave)
      return [...events, { type: 'ClusterAdvanceDeferred', data: { after: last, at } }];
    for (const order of orders) events.push(order);
    last = fid;
  }
  return events;
};

const advanceCluster = eventRule({
  name: 'advance-cluster',
  description:
    'When the whole cluster is started or stopped, every node begins at once; where these are too many ' +
    'for one commit, the others follow in the next.',
  on: ['ClusterWanted', 'ClusterAdvanceResumed'],
  react: (graph, event, { at }) =>
    decided(
      waveEvents(graph, event.type === 'ClusterAdvanceResumed' ? event.data.after : null, at),
    ),
});

/** Whether the latest word about the node or the whole cluster was to start it. */
const isStarted = (graph: Graph, { wanted }: NodeRow): boolean => {
  const ofCluster = [...graph.all('cluster')][0]?.wanted ?? null;
  const latest = wanted && wanted.at > (ofCluster?.at ?? 0) ? wanted : ofCluster;
  return latest?.state === 'online';
};

const startDeclared = stateRule({
  name: 'start-declared',
  description:
    'Processes that facts declare, and what these require, are started when their host joins a started cluster.',
  on: ['DeclaredRoleAllocated'],
  subject: (_graph, { data }) => data.fqdn,
  follow: (graph, fqdn) => {
    const { changed } = graph.must('host', fqdn);
    const node = graph.one('runs', fqdn);
    if (!node || !isStarted(graph, node)) return unchanged;
    // The event has just changed the host, so its commit is the one that added these.
    const added = [...graph.many('hosts', node.fid)].filter(
      (process) =>
        process.created === changed && process.wanted === null && isManaged(graph, process),
    );
    return decided(
      added
        .sort(byFid)
        .map(({ fid }) => ({ type: 'ProcessWanted', data: { fid, state: 'online' } })),
    );
  },
});

const removeEnded = stateRule({
  name: 'remove-ended',
  description: 'A process that is to be removed goes once it has ended or was given up.',
  on: ['ProcessStateChanged', 'ProcessRemovalOrdered'],
  subject: (graph, { data }) => graph.get('process', data.fid)?.fid,
  follow: (graph, fid, { at }) => {
    const process = graph.get('process', fid);
    return process?.removing ? decided(processLeavingEvents(graph, process, at)) : unchanged;
  },
});

const removeUnreachable = eventRule({
  name: 'remove-unreachable',
  description: 'What is to be removed from a host that goes down is given up.',
  on: ['NodeDown'],
  react: (graph, { data }, { at }) => {
    const node = graph.one('runs', data.fqdn);
    const leaving = node ? leavingOf(graph, node.fid) : [];
    return decided(leaving.flatMap((process) => processLeavingEvents(graph, process, at)));
  },
});

const removeEmptyNode = stateRule({
  name: 'remove-empty-node',
  description: 'A node that is to be removed goes with its last process, and its host with it.',
  on: ['ProcessRemoved', 'NodeRemovalOrdered'],
  subject: (_graph, { type, data }) =>
    type === 'ProcessRemoved' ? (data.node ?? undefined) : data.fid,
  follow: (graph, node, { at }) => decided(nodeLeavingEvents(graph, node, at)),
});

const removeEmptyHost = eventRule({
  name: 'remove-empty-host',
  description: 'A host that is to be removed and has no node goes at once.',
  on: ['HostRemovalOrdered'],
  react: (graph, { data }, { at }) => decided(hostLeavingEvents(graph, data.fqdn, at)),
});

export const runProcesses: readonly Rule[] = [
  startDeclared,
  advanceNode,
  advanceCluster,
  removeEnded,
  removeUnreachable,
  removeEmptyNode,
  removeEmptyHost,
];
