/** Brings processes to what is wanted of them, and carries out removals once nothing runs any more. */

import { decided, unchanged } from '../commands/command.ts';
import { byFid } from '../allocation/fid.ts';
import type { Fid } from '../allocation/fid.ts';
import type { EventDraft } from '../events/catalogue.ts';
import type { Graph } from '../graph/graph.ts';
import type { NodeRow } from '../graph/resources.ts';
import { nextOrders } from '../lifecycle/node.ts';
import { hostRemovals, leavingOf, nodeRemovals, processRemoval } from '../lifecycle/removal.ts';
import { specOf } from '../lifecycle/requirements.ts';
import type { Rule } from './rule.ts';

/** The node that an event is about; undefined where it is about none, or about one that is gone. */
const nodeOf = (graph: Graph, event: EventDraft): Fid | undefined => {
  switch (event.type) {
    case 'NodeWanted':
      return event.data.fid;
    case 'NodeUp':
      return graph.one('runs', event.data.fqdn)?.fid;
    case 'ProcessWanted':
    case 'ProcessRemovalOrdered':
    case 'ProcessStateChanged':
    case 'ProcessRemovalOrdered':
      return graph.get('process', event.data.fid)?.node;
    case 'ProcessRemoved':
      return graph.get('node', event.data.node ?? '')?.fid;
    default:
      return undefined;
  }
};

const advanceNode: Rule = {
  name: 'advance-node',
  description:
    'A node goes up level by level as far as it can, and down in the opposite order, on its own.',
  on: [
    'NodeWanted',
    'NodeUp',
    'ProcessWanted',
    'ProcessStateChanged',
    'ProcessRemovalOrdered',
    'ProcessRemoved',
  ],
  react: (graph, event, { at }) => {
    const node = nodeOf(graph, event);
    return node === undefined ? unchanged : decided(nextOrders(graph, node, at));
  },
};

const advanceCluster: Rule = {
  name: 'advance-cluster',
  description: 'When the whole cluster is started or stopped, every node begins at once.',
  on: ['ClusterWanted'],
  react: (graph, _event, { at }) =>
    decided([...graph.all('node')].sort(byFid).flatMap(({ fid }) => nextOrders(graph, fid, at))),
};

/** Whether the latest word about the node or the whole cluster was to start it. */
const isStarted = (graph: Graph, { wanted }: NodeRow): boolean => {
  const ofCluster = [...graph.all('cluster')][0]?.wanted ?? null;
  const latest = wanted && wanted.at > (ofCluster?.at ?? 0) ? wanted : ofCluster;
  return latest?.state === 'online';
};

const startDeclared: Rule = {
  name: 'start-declared',
  description:
    'Processes that facts declare, and what these require, are started when their host joins a started cluster.',
  on: ['DeclaredRoleAllocated'],
  react: (graph, event) => {
    if (event.type !== 'DeclaredRoleAllocated') return unchanged;
    const { changed } = graph.must('host', event.data.fqdn);
    const node = graph.one('runs', event.data.fqdn);
    if (!node || !isStarted(graph, node)) return unchanged;
    // The event has just changed the host, so its commit is the one that added these.
    const added = [...graph.many('hosts', node.fid)].filter(
      (process) =>
        process.created === changed &&
        process.wanted === null &&
        specOf(graph, process).ownership === 'managed',
    );
    return decided(
      added
        .sort(byFid)
        .map(({ fid }) => ({ type: 'ProcessWanted', data: { fid, state: 'online' } })),
    );
  },
};

const removeEnded: Rule = {
  name: 'remove-ended',
  description: 'A process that is to be removed goes once it has ended or was given up.',
  on: ['ProcessStateChanged', 'ProcessRemovalOrdered', 'NodeDown'],
  react: (graph, event) => {
    if (event.type === 'NodeDown') {
      const node = graph.one('runs', event.data.fqdn);
      const leaving = node ? leavingOf(graph, node.fid) : [];
      return decided(leaving.flatMap((process) => processRemoval(graph, process)));
    }
    if (event.type !== 'ProcessStateChanged' && event.type !== 'ProcessRemovalOrdered')
      return unchanged;
    const process = graph.get('process', event.data.fid);
    return process?.removing ? decided(processRemoval(graph, process)) : unchanged;
  },
};

const removeEmpty: Rule = {
  name: 'remove-empty',
  description: 'A node that is to be removed goes with its last process, and a host with its node.',
  on: ['ProcessRemoved', 'NodeRemovalOrdered', 'HostRemovalOrdered', 'NodeRemoved'],
  react: (graph, event) =>
    decided(
      event.type === 'NodeRemoved' || event.type === 'HostRemovalOrdered'
        ? hostRemovals(graph)
        : nodeRemovals(graph),
    ),
};

export const runProcesses: readonly Rule[] = [
  startDeclared,
  advanceNode,
  advanceCluster,
  removeEnded,
  removeEmpty,
];
