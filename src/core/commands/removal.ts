/**
 * Takes processes, nodes and hosts out of the cluster. What runs is stopped first; endpoints and range
 * values are free again afterwards, a fid never is.
 */

import { byFid } from '../allocation/fid.ts';
import type { Fid } from '../allocation/fid.ts';
import type { EventDraft } from '../events/catalogue.ts';
import type { Graph } from '../graph/graph.ts';
import type { ProcessRow } from '../graph/resources.ts';
import { mayRun, removed } from '../lifecycle/removal.ts';
import { dependentsOf } from '../lifecycle/requirements.ts';
import { reject } from '../rejection.ts';
import type { Refused } from '../rejection.ts';
import { decided, unchanged } from './command.ts';
import type { Decide } from './command.ts';

export interface RemoveProcess {
  readonly type: 'RemoveProcess';
  readonly fid: Fid;
  /** Although other processes of its node require it. */
  readonly force: boolean;
}

export interface RemoveNode {
  readonly type: 'RemoveNode';
  readonly fid: Fid;
}

export interface RemoveHost {
  readonly type: 'RemoveHost';
  readonly fqdn: string;
}

export const removeProcess: Decide<RemoveProcess> = (graph, { fid, force }, { at }) => {
  const process = graph.get('process', fid);
  if (!process) return reject('unknown-process', `there is no process ${fid}`, { subject: fid });
  const refused = refusalOf(graph, process);
  if (refused) return refused;
  const dependents = force ? [] : dependentsOf(graph, process, ({ removing }) => !removing);
  if (dependents.length > 0)
    return reject(
      'process-required',
      `${fid} is required by ${dependents.map((one) => one.fid).join(', ')}; remove these first or use force`,
      { subject: fid },
    );
  return decided(removal(graph, process, at));
};

/**
 * All processes of the node, then the node; the host stays. Refused as long as an independent
 * process of it runs, which is named.
 */
export const removeNode: Decide<RemoveNode> = (graph, { fid }, { at }) => {
  const node = graph.get('node', fid);
  if (!node) return reject('unknown-node', `there is no node ${fid}`, { subject: fid });
  const processes = [...graph.many('hosts', fid)].sort(byFid);
  const refused = busyOf(graph, processes);
  if (refused) return refused;
  const order: EventDraft[] = node.removing ? [] : [{ type: 'NodeRemovalOrdered', data: { fid } }];
  const leaving = processes.filter(({ removing }) => !removing);
  return decided([...leaving.flatMap((process) => removal(graph, process, at)), ...order]);
};

/** The node, if there is one, then the host and the tokens of its agent. */
export const removeHost: Decide<RemoveHost> = (graph, { fqdn }, context) => {
  const host = graph.get('host', fqdn);
  if (!host) return reject('unknown-host', `there is no host ${fqdn}`, { subject: fqdn });
  if (host.removing) return unchanged;
  const node = graph.one('runs', fqdn);
  const ofNode = node
    ? removeNode(graph, { type: 'RemoveNode', fid: node.fid }, context)
    : unchanged;
  if (!ofNode.ok) return ofNode;
  return decided([...ofNode.events, { type: 'HostRemovalOrdered', data: { fqdn } }]);
};

const removal = (graph: Graph, process: ProcessRow, at: number): EventDraft[] => {
  if (!mayRun(process)) return removed(graph, process, at);
  return process.removing ? [] : [{ type: 'ProcessRemovalOrdered', data: { fid: process.fid } }];
};

const isIndependent = (graph: Graph, { spec }: ProcessRow): boolean =>
  graph.must('spec', spec).spec.ownership === 'independent';

const refusalOf = (graph: Graph, process: ProcessRow): Refused | null =>
  mayRun(process) && isIndependent(graph, process)
    ? reject(
        'process-busy',
        `${process.fid} is ${process.state}, and only its owner can end it; it can be removed when offline or failed`,
        { subject: process.fid },
      )
    : null;

const busyOf = (graph: Graph, processes: readonly ProcessRow[]): Refused | null => {
  const busy = processes.filter((process) => refusalOf(graph, process) !== null);
  if (busy.length === 0) return null;
  const names = busy.map(({ fid, state }) => `${fid} (${state})`).join(', ');
  return reject('process-busy', `independent processes still run: ${names}; nothing was removed`, {
    subject: busy[0]!.fid,
  });
};
