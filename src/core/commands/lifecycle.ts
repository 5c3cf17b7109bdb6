/** Starting and stopping processes, nodes and the cluster. What is wanted is recorded; rules do the rest. */

import type { Fid } from '../allocation/fid.ts';
import type { EventDraft } from '../events/catalogue.ts';
import type { Graph } from '../graph/graph.ts';
import type { ProcessRow, ProcessState, WantedState } from '../graph/resources.ts';
import { dependentsOf, startOrder } from '../lifecycle/node.ts';
import { wantedOf } from '../lifecycle/wanted.ts';
import { reject } from '../rejection.ts';
import type { Refused } from '../rejection.ts';
import { decided, unchanged } from './command.ts';
import type { Decide } from './command.ts';

export interface WantCluster {
  readonly type: 'WantCluster';
  readonly state: WantedState;
}

export interface WantNode {
  readonly type: 'WantNode';
  readonly fid: Fid;
  readonly state: WantedState;
}

export interface WantProcess {
  readonly type: 'WantProcess';
  readonly fid: Fid;
  readonly state: WantedState;
  /** Stop it although running processes of its node require it. */
  readonly force: boolean;
}

export interface RestartProcess {
  readonly type: 'RestartProcess';
  readonly fid: Fid;
}

export interface OverrideState {
  readonly type: 'OverrideState';
  readonly fid: Fid;
  readonly state: ProcessState;
  /** Why the operator knows better. */
  readonly reason: string;
}

export const wantCluster: Decide<WantCluster> = (graph, { state }) => {
  const [cluster] = graph.all('cluster');
  if (!cluster)
    return reject(
      'cluster-not-loaded',
      'no facts are loaded yet; load them with: halctl cluster load',
    );
  return decided([{ type: 'ClusterWanted', data: { state } }]);
};

export const wantNode: Decide<WantNode> = (graph, { fid, state }) => {
  if (!graph.get('node', fid))
    return reject('unknown-node', `there is no node ${fid}`, { subject: fid });
  return decided([{ type: 'NodeWanted', data: { fid, state } }]);
};

/** Starting what is online and stopping what is down is done already. */
export const wantProcess: Decide<WantProcess> = (graph, { fid, state, force }) => {
  const process = managedProcess(graph, fid);
  if ('rejection' in process) return process;
  const present = wantedOf(graph, process)?.state ?? 'offline';
  const isThere =
    state === 'online'
      ? process.state === 'online'
      : process.state === 'offline' || process.state === 'unknown';
  if (isThere && present === state) return unchanged;
  if (state === 'online' || force)
    return decided([{ type: 'ProcessWanted', data: { fid, state } }]);

  const dependents = dependentsOf(graph, process).filter((one) => one.state === 'online');
  if (dependents.length > 0)
    return reject(
      'process-required',
      `${fid} is required by ${dependents.map((one) => one.fid).join(', ')}; stop these first or use force`,
      { subject: fid },
    );
  return decided([{ type: 'ProcessWanted', data: { fid, state } }]);
};

/** The agent stops what runs of an older generation before it starts the new one. */
export const restartProcess: Decide<RestartProcess> = (graph, { fid }, { at }) => {
  const process = managedProcess(graph, fid);
  if ('rejection' in process) return process;
  const wanted: EventDraft = { type: 'ProcessWanted', data: { fid, state: 'online' } };
  const running = process.state === 'online' || process.state === 'starting';
  return decided(running ? [wanted, startOrder(graph, process, 1, at)] : [wanted]);
};

export const overrideState: Decide<OverrideState> = (graph, { fid, state, reason }) => {
  const process = graph.get('process', fid);
  if (!process) return reject('unknown-process', `there is no process ${fid}`, { subject: fid });
  if (state === 'inhibited')
    return reject(
      'impossible-transition',
      'a process is inhibited by its host, not by an operator',
    );
  return process.state === state && process.reason === reason
    ? unchanged
    : decided([{ type: 'ProcessStateChanged', data: { fid, state, reason } }]);
};

const managedProcess = (graph: Graph, fid: Fid): ProcessRow | Refused => {
  const process = graph.get('process', fid);
  if (!process) return reject('unknown-process', `there is no process ${fid}`, { subject: fid });
  const { ownership } = graph.must('spec', process.spec).spec;
  if (ownership === 'managed') return process;
  return reject(
    'process-independent',
    `${fid} is independent: its owner starts and stops it, and reports what it does`,
    { subject: fid },
  );
};
