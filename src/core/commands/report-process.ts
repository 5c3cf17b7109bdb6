/** An agent says what a managed process does. */

import { decided, unchanged } from '../decision.ts';
import type { Decide } from '../decision.ts';
import type { EventDraft } from '../events/catalogue.ts';
import type { ProcessRow } from '../graph/rows/processes.ts';
import { failureEvents } from '../lifecycle/failure.ts';
import { isPaused } from '../lifecycle/orders.ts';
import { nextState } from '../lifecycle/transitions.ts';
import type { Fid } from '../values/fid.ts';
import { reject } from '../values/rejection.ts';

/** `refused`: it could not be executed at all. */
export const observedStates = ['starting', 'online', 'stopping', 'exited', 'refused'] as const;
export type ObservedState = (typeof observedStates)[number];

export interface ReportProcess {
  readonly type: 'ReportProcess';
  /** The host whose agent reports. */
  readonly host: string;
  readonly fid: Fid;
  /**
   * The order that it is about; reports about older ones, and about one that
   * has ended already, are late and ignored.
   */
  readonly generation: number;
  readonly state: ObservedState;
  readonly pid: number | null;
  /** How it ended, or why it could not begin; empty where there is nothing to say. */
  readonly reason: string;
}

export const reportProcess: Decide<ReportProcess> = (graph, command, { at }) => {
  const { fid, host, generation, state, pid, reason } = command;
  const process = graph.get('process', fid);
  if (!process) return reject('unknown-process', `there is no process ${fid}`, { subject: fid });
  if (graph.must('node', process.node).host !== host)
    return reject('identity-mismatch', `${fid} is not a process of ${host}`, { subject: fid });
  if (generation === 0 || generation !== process.generation || isPaused(graph, process))
    return unchanged;
  switch (state) {
    case 'starting':
      return decided(runningEvents(process, pid));
    case 'online':
      return decided([...runningEvents(process, pid), ...movedEvents(process, 'ready', '')]);
    case 'stopping':
      return decided(movedEvents(process, 'terminate', reason));
    case 'exited':
    case 'refused':
      return decided(
        process.state === 'starting' || process.state === 'online'
          ? failureEvents(graph, process, reason, at)
          : movedEvents(process, 'end', reason),
      );
  }
};

const runningEvents = (
  { fid, generation, pid: present, state }: ProcessRow,
  pid: number | null,
): EventDraft[] =>
  pid === null || pid === present || (state !== 'starting' && state !== 'online')
    ? []
    : [{ type: 'ProcessRunning', data: { fid, generation, pid } }];

const movedEvents = (
  { fid, state }: ProcessRow,
  trigger: 'ready' | 'terminate' | 'end',
  reason: string,
): EventDraft[] => {
  const to = nextState('managed', state, trigger);
  return to ? [{ type: 'ProcessStateChanged', data: { fid, state: to, reason } }] : [];
};
