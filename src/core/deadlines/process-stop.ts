/** A process must end in time. */

import { varOf } from '../graph/vars.ts';
import { nextState } from '../lifecycle/transitions.ts';
import type { Deadline } from './deadline.ts';
import { eventsOfProcess, progressOfProcess } from './of-process.ts';

export const processStop: Deadline = {
  description: 'A process was told to stop and has not ended yet.',
  isQuiet: false,
  eventsOf: eventsOfProcess('process_stop_timeout', (graph, { fid, state }) => {
    const to = nextState('managed', state, 'hang');
    const reason = `not ended within ${varOf(graph, 'process_stop_timeout')} s`;
    return to ? [{ type: 'ProcessStateChanged', data: { fid, state: to, reason } }] : [];
  }),
  progressOf: progressOfProcess((_graph, { state }) => [state]),
};
