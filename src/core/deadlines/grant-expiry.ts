/** A grant ends. */

import { keptBack } from './deadline.ts';
import type { Deadline } from './deadline.ts';

export const grantExpiry: Deadline = {
  description: 'A grant will end.',
  isQuiet: true,
  eventsOf: (_graph, due) => due.map(({ subject: id }) => ({ type: 'GrantExpired', data: { id } })),
  progressOf: keptBack,
};
