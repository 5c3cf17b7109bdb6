/** The endpoint of a removed process may be given out like any other again. */

import { keptBack } from './deadline.ts';
import type { Deadline } from './deadline.ts';

export const endpointCooldown: Deadline = {
  description: 'An endpoint of a removed process is kept back.',
  isQuiet: false,
  eventsOf: (_graph, due) =>
    due.length === 0
      ? []
      : [{ type: 'EndpointsCooled', data: { endpoints: due.map(({ subject }) => subject) } }],
  progressOf: keptBack,
};
