/** A console connection is over. The OBM daemon ends it by itself at that time. */

import { keptBack } from './deadline.ts';
import type { Deadline } from './deadline.ts';

export const connectionExpiry: Deadline = {
  description: 'A console connection will expire.',
  isQuiet: true,
  eventsOf: (graph, due) =>
    due.map(({ subject: id }) => {
      const { host: fqdn } = graph.must('connection', id);
      return { type: 'ConsoleConnectionEnded', data: { fqdn, id, why: 'expired' } };
    }),
  progressOf: keptBack,
};
