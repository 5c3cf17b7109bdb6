/** A process must be ready in time. */

import { varOf } from '../graph/vars.ts';
import { failureEvents } from '../lifecycle/failure.ts';
import { stopOrderEvent } from '../lifecycle/orders.ts';
import { levelOf } from '../lifecycle/process.ts';
import { isWanted } from '../lifecycle/wanted.ts';
import type { Deadline } from './deadline.ts';
import { eventsOfProcess, progressOfProcess } from './of-process.ts';

export const processStart: Deadline = {
  description: 'A process was told to start and is not ready yet.',
  isQuiet: false,
  eventsOf: eventsOfProcess('process_start_timeout', (graph, process, at) => {
    if (!isWanted(graph, process)) return [stopOrderEvent(graph, process, at)];
    const seconds = varOf(graph, 'process_start_timeout');
    return failureEvents(graph, process, `not ready within ${seconds} s`, at);
  }),
  progressOf: progressOfProcess((graph, process) => [
    process.state,
    ...(process.attempt > 0 ? [`attempt ${process.attempt}`] : []),
    `level ${levelOf(graph, process)} of its node`,
  ]),
};
