/** The owner of an independent process has not renewed its lease. */

import { decided, unchanged } from '../decision.ts';
import type { Decide } from '../decision.ts';
import { removedEvents } from '../lifecycle/leaving.ts';
import { nextState } from '../lifecycle/transitions.ts';
import type { Fid } from '../values/fid.ts';
import { independentProcess } from './named-process.ts';

export interface ExpireLease {
  readonly type: 'ExpireLease';
  readonly fid: Fid;
  readonly reason: string;
}

/** It is removed at once, whatever state it was left in. One whose end was reported keeps that end. */
export const expireLease: Decide<ExpireLease> = (graph, { fid, reason }, { at }) => {
  const process = independentProcess(graph, fid);
  if ('rejection' in process) return process;
  if (process.lease === null) return unchanged;
  const state = nextState('independent', process.state, 'expire');
  return decided([
    ...(state ? [{ type: 'ProcessStateChanged' as const, data: { fid, state, reason } }] : []),
    ...removedEvents(graph, process, at),
  ]);
};
