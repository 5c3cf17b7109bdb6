/** A request that was answered is forgotten. */

import { keptBack } from './deadline.ts';
import type { Deadline } from './deadline.ts';

export const requestExpiry: Deadline = {
  description: 'An answered request is remembered, should it be repeated.',
  isQuiet: true,
  eventsOf: (_graph, due) =>
    due.length === 0
      ? []
      : [{ type: 'RequestsForgotten', data: { ids: due.map(({ subject }) => subject) } }],
  progressOf: keptBack,
};
