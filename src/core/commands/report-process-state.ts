/** The owner of an independent process says what it does. */

import type { Fid } from '../allocation/fid.ts';
import { isManaged } from '../lifecycle/process.ts';
import { reject } from '../rejection.ts';
import { decided, unchanged } from './command.ts';
import type { Decide } from './command.ts';

/** What an owner may report. */
export const reportableStates = ['starting', 'online', 'offline', 'failed'] as const;
export type ReportableState = (typeof reportableStates)[number];

export interface ReportProcessState {
  readonly type: 'ReportProcessState';
  readonly fid: Fid;
  readonly state: ReportableState;
  /** Why; empty where there is nothing to say. */
  readonly reason: string;
}

export const reportProcessState: Decide<ReportProcessState> = (graph, { fid, state, reason }) => {
  const process = graph.get('process', fid);
  if (!process) return reject('unknown-process', `there is no process ${fid}`, { subject: fid });
  if (isManaged(graph, process))
    return reject('process-managed', `${fid} is managed: its agent reports its state`, {
      subject: fid,
    });
  return process.state === state && process.reason === reason
    ? unchanged
    : decided([{ type: 'ProcessStateChanged', data: { fid, state, reason } }]);
};
