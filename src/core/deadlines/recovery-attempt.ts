/** The next attempt to recover a host that was lost. */

import { recoveryAttemptEvents } from '../lifecycle/recovery.ts';
import { keptBack } from './deadline.ts';
import type { Deadline } from './deadline.ts';

export const recoveryAttempt: Deadline = {
  description: 'A host was lost and waits for the next attempt to recover it.',
  isQuiet: false,
  eventsOf: (graph, due, { at, isNew }) =>
    due.flatMap(({ subject }) => recoveryAttemptEvents(graph, subject, at, isNew)),
  progressOf: (graph, subject) => {
    const row = graph.get('recovery', subject);
    return row ? { host: row.host, name: null, step: `${row.attempts} attempts made` } : keptBack();
  },
};
