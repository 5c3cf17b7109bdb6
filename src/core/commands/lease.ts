/**
 * Leases of independent processes: an owner that must say again and again that it is there. That it says so is no
 * event; the station counts the time, and says when it has run out.
 */

import { decided, unchanged } from '../decision.ts';
import type { Decide } from '../decision.ts';
import type { Graph } from '../graph/graph.ts';
import type { ProcessRow } from '../graph/rows/processes.ts';
import { refusalOfOlder } from '../lifecycle/instance.ts';
import { isManaged } from '../lifecycle/process.ts';
import { removed } from '../lifecycle/removal.ts';
import { nextState } from '../lifecycle/transitions.ts';
import type { Fid } from '../values/fid.ts';
import type { Instance } from '../values/instance.ts';
import { reject } from '../values/rejection.ts';
import type { Refused } from '../values/rejection.ts';

export interface LeaseProcess {
  readonly type: 'LeaseProcess';
  readonly fid: Fid;
  /** How long its owner may be silent, `leaseSecondsMin` to `leaseSecondsMax`. */
  readonly seconds: number;
  /** Which run of the process renews it. */
  readonly instance?: Instance;
}

export interface ExpireLease {
  readonly type: 'ExpireLease';
  readonly fid: Fid;
  readonly reason: string;
}

export const leaseProcess: Decide<LeaseProcess> = (graph, { fid, seconds, instance }) => {
  const process = independentProcess(graph, fid);
  if ('rejection' in process) return process;
  const older = refusalOfOlder(process, instance, false);
  if (older) return older;
  return process.lease === seconds
    ? unchanged
    : decided([{ type: 'ProcessLeased', data: { fid, seconds } }]);
};

/** It is removed at once, whatever state it was left in. One whose end was reported keeps that end. */
export const expireLease: Decide<ExpireLease> = (graph, { fid, reason }, { at }) => {
  const process = independentProcess(graph, fid);
  if ('rejection' in process) return process;
  if (process.lease === null) return unchanged;
  const state = nextState('independent', process.state, 'expire');
  return decided([
    ...(state ? [{ type: 'ProcessStateChanged' as const, data: { fid, state, reason } }] : []),
    ...removed(graph, process, at),
  ]);
};

const independentProcess = (graph: Graph, fid: Fid): ProcessRow | Refused => {
  const process = graph.get('process', fid);
  if (!process) return reject('unknown-process', `there is no process ${fid}`, { subject: fid });
  if (!isManaged(graph, process)) return process;
  return reject('process-managed', `${fid} is managed: its agent watches it, and it has no lease`, {
    subject: fid,
  });
};
