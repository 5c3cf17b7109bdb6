/** Starting and stopping processes, nodes and the cluster. What is wanted is recorded; rules do the rest. */

import { decided, unchanged } from '../decision.ts';
import type { Decide } from '../decision.ts';
import type { EventDraft } from '../events/catalogue.ts';
import type { Graph } from '../graph/graph.ts';
import type { ProcessRow } from '../graph/rows/processes.ts';
import { startOrder } from '../lifecycle/orders.ts';
import { isManaged } from '../lifecycle/process.ts';
import { quorumLoss } from '../lifecycle/quorum.ts';
import { dependentsOf } from '../lifecycle/requirements.ts';
import { wantedOf } from '../lifecycle/wanted.ts';
import type { Fid } from '../values/fid.ts';
import { reject } from '../values/rejection.ts';
import type { Refused } from '../values/rejection.ts';
import type { ProcessState, WantedState } from '../values/states.ts';

export interface WantCluster {
  readonly type: 'WantCluster';
  readonly state: WantedState;
}

export interface WantNode {
  readonly type: 'WantNode';
  readonly fid: Fid;
  readonly state: WantedState;
  /** Stop it although a quorum is lost. */
  readonly force: boolean;
}

export interface WantProcess {
  readonly type: 'WantProcess';
  readonly fid: Fid;
  readonly state: WantedState;
  /** Stop it although running processes of its node require it, or a quorum is lost. */
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

export const wantNode: Decide<WantNode> = (graph, { fid, state, force }) => {
  const node = graph.get('node', fid);
  if (!node) return reject('unknown-node', `there is no node ${fid}`, { subject: fid });
  const wish = decided([{ type: 'NodeWanted', data: { fid, state } }]);
  // What leaves is on its way down already.
  if (node.removing) return state === 'offline' ? wish : leaving(fid);
  const lost =
    state === 'offline' && !force ? quorumLoss(graph, [...graph.many('hosts', fid)], 'stop') : null;
  if (lost) return withoutQuorum(fid, lost.why);
  return wish;
};

/** Starting what is online and stopping what is down is done already. */
export const wantProcess: Decide<WantProcess> = (graph, { fid, state, force }) => {
  const process = managedProcess(graph, fid);
  if ('rejection' in process) return process;
  if (process.removing && state === 'online') return leaving(fid);
  const present = wantedOf(graph, process)?.state ?? 'offline';
  const isThere =
    state === 'online'
      ? process.state === 'online'
      : process.state === 'offline' || process.state === 'unknown';
  if (isThere && present === state) return unchanged;
  if (state === 'online' || force || process.removing)
    return decided([{ type: 'ProcessWanted', data: { fid, state } }]);

  const dependents = dependentsOf(graph, process, (one) => one.state === 'online');
  if (dependents.length > 0)
    return reject(
      'process-required',
      `${fid} is required by ${dependents.map((one) => one.fid).join(', ')}; stop these first or use force`,
      { subject: fid },
    );
  const lost = quorumLoss(graph, [process], 'stop');
  if (lost) return withoutQuorum(fid, lost.why);
  return decided([{ type: 'ProcessWanted', data: { fid, state } }]);
};

const withoutQuorum = (fid: Fid, why: string): Refused =>
  reject('quorum-lost', `${fid}: ${why}; use force to stop it all the same`, { subject: fid });

/** The agent stops what runs of an older generation before it starts the new one. */
export const restartProcess: Decide<RestartProcess> = (graph, { fid }, { at }) => {
  const process = managedProcess(graph, fid);
  if ('rejection' in process) return process;
  if (process.removing) return leaving(fid);
  const wanted: EventDraft = { type: 'ProcessWanted', data: { fid, state: 'online' } };
  const running = process.state === 'online' || process.state === 'starting';
  return decided(running ? [wanted, startOrder(graph, process, 1, at)] : [wanted]);
};

/** On the way to another state a process is only with somebody who takes it there. */
const overridable: ReadonlySet<ProcessState> = new Set(['unknown', 'offline', 'online', 'failed']);

export const overrideState: Decide<OverrideState> = (graph, { fid, state, reason }) => {
  const process = graph.get('process', fid);
  if (!process) return reject('unknown-process', `there is no process ${fid}`, { subject: fid });
  if (!overridable.has(state))
    return reject(
      'impossible-transition',
      `a process cannot be set to ${state}, only to ${[...overridable].join(', ')}`,
      { subject: fid },
    );
  return process.state === state && process.reason === reason
    ? unchanged
    : decided([{ type: 'ProcessStateChanged', data: { fid, state, reason } }]);
};

const leaving = (fid: Fid): Refused =>
  reject('being-removed', `${fid} is being removed`, { subject: fid });

const managedProcess = (graph: Graph, fid: Fid): ProcessRow | Refused => {
  const process = graph.get('process', fid);
  if (!process) return reject('unknown-process', `there is no process ${fid}`, { subject: fid });
  if (isManaged(graph, process)) return process;
  return reject(
    'process-independent',
    `${fid} is independent: its owner starts and stops it, and reports what it does`,
    { subject: fid },
  );
};
