/** What was said of a removed process that could not be stopped is forgotten. */

import type { Fid } from '../values/fid.ts';
import { keptBack } from './deadline.ts';
import type { Deadline } from './deadline.ts';

export const departureExpiry: Deadline = {
  description: 'It is remembered that a removed process could not be stopped.',
  isQuiet: true,
  eventsOf: (_graph, due) =>
    due.length === 0
      ? []
      : [{ type: 'DeparturesForgotten', data: { fids: due.map(({ subject }) => subject as Fid) } }],
  progressOf: keptBack,
};
