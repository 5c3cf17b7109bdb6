/** An operator knows better what a process does. */

import { decided, unchanged } from '../decision.ts';
import type { Decide } from '../decision.ts';
import type { Fid } from '../values/fid.ts';
import { reject } from '../values/rejection.ts';
import type { ProcessState } from '../values/states.ts';

export interface OverrideState {
  readonly type: 'OverrideState';
  readonly fid: Fid;
  readonly state: ProcessState;
  /** Why the operator knows better. */
  readonly reason: string;
}

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
