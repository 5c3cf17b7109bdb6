/** A machine was kept aside for a while, and the time is over. */

import type { Deadline } from './deadline.ts';

export const maintenanceExpiry: Deadline = {
  description: 'A host is in maintenance, and nothing recovers it until then.',
  isQuiet: false,
  // Whether hosts are recovered depends on how many are down, those in maintenance aside.
  isFirst: true,
  eventsOf: (_graph, due) =>
    due.map(({ subject: fqdn }) => ({ type: 'MaintenanceEnded', data: { fqdn, why: 'expired' } })),
  progressOf: (graph, subject) => ({
    host: subject,
    name: null,
    step: graph.must('maintenance', subject).reason,
  }),
};
