/** A process that failed is tried again. */

import { startOrderEvent } from '../lifecycle/orders.ts';
import type { Deadline } from './deadline.ts';
import { eventsOfProcess, progressOfProcess } from './of-process.ts';

export const processRetry: Deadline = {
  description: 'A process failed and waits for its next attempt.',
  isQuiet: false,
  eventsOf: eventsOfProcess('process_restart_retry_interval', (graph, process, at) => [
    startOrderEvent(graph, process, process.attempt, at),
  ]),
  progressOf: progressOfProcess((_graph, { attempt }) => [`attempt ${attempt} failed`]),
};
