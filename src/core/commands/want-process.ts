/** Starting and stopping a process. What is wanted is recorded; rules do the rest. */

import { decided, unchanged } from '../decision.ts';
import type { Decide } from '../decision.ts';
import { quorumLoss } from '../lifecycle/quorum.ts';
import { dependentsOf } from '../lifecycle/requirements.ts';
import { wantedOf } from '../lifecycle/wanted.ts';
import type { Fid } from '../values/fid.ts';
import { reject } from '../values/rejection.ts';
import type { Refused } from '../values/rejection.ts';
import type { WantedState } from '../values/states.ts';
import { leaving, managedProcess } from './named-process.ts';

export interface WantProcess {
  readonly type: 'WantProcess';
  readonly fid: Fid;
  readonly state: WantedState;
  /** Stop it although running processes of its node require it, or a quorum is lost. */
  readonly force: boolean;
}

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

export const withoutQuorum = (fid: Fid, why: string): Refused =>
  reject('quorum-lost', `${fid}: ${why}; use force to stop it all the same`, { subject: fid });
