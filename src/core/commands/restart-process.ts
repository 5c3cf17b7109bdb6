/** Starting a process anew. */

import { decided } from '../decision.ts';
import type { Decide } from '../decision.ts';
import type { EventDraft } from '../events/catalogue.ts';
import { startOrderEvent } from '../lifecycle/orders.ts';
import type { Fid } from '../values/fid.ts';
import { leaving, managedProcess } from './named-process.ts';

export interface RestartProcess {
  readonly type: 'RestartProcess';
  readonly fid: Fid;
}

/** The agent stops what runs of an older generation before it starts the new one. */
export const restartProcess: Decide<RestartProcess> = (graph, { fid }, { at }) => {
  const process = managedProcess(graph, fid);
  if ('rejection' in process) return process;
  if (process.removing) return leaving(fid);
  const wanted: EventDraft = { type: 'ProcessWanted', data: { fid, state: 'online' } };
  const running = process.state === 'online' || process.state === 'starting';
  return decided(running ? [wanted, startOrderEvent(graph, process, 1, at)] : [wanted]);
};
