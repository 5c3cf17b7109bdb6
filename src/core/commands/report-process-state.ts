/** The owner of an independent process says what it does. */

import { decided, unchanged } from '../decision.ts';
import type { Decide } from '../decision.ts';
import type { EventDraft } from '../events/catalogue.ts';
import { isNewInstance, refusalOfOlder } from '../lifecycle/instance.ts';
import { isManaged } from '../lifecycle/process.ts';
import type { Fid } from '../values/fid.ts';
import type { Instance } from '../values/instance.ts';
import { reject } from '../values/rejection.ts';
import type { ReportableState } from '../values/states.ts';

export interface ReportProcessState {
  readonly type: 'ReportProcessState';
  readonly fid: Fid;
  readonly state: ReportableState;
  /** Why; empty where there is nothing to say. */
  readonly reason: string;
  /** Which run of the process says so. */
  readonly instance?: Instance;
}

export const reportProcessState: Decide<ReportProcessState> = (graph, command) => {
  const { fid, state, reason, instance } = command;
  const process = graph.get('process', fid);
  if (!process) return reject('unknown-process', `there is no process ${fid}`, { subject: fid });
  if (isManaged(graph, process))
    return reject('process-managed', `${fid} is managed: its agent reports its state`, {
      subject: fid,
    });
  const older = refusalOfOlder(process, instance, state === 'starting' || state === 'online');
  if (older) return older;
  const events: EventDraft[] = [];
  if (instance !== undefined && isNewInstance(process, instance))
    events.push({ type: 'ProcessInstanceBegan', data: { fid, instance } });
  if (process.state !== state || process.reason !== reason)
    events.push({ type: 'ProcessStateChanged', data: { fid, state, reason } });
  return events.length === 0 ? unchanged : decided(events);
};
