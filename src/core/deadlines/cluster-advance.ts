/** The next nodes of a cluster that starts or stops have their turn. */

import type { Fid } from '../values/fid.ts';
import { keptBack } from './deadline.ts';
import type { Deadline } from './deadline.ts';

export const clusterAdvance: Deadline = {
  description: 'A cluster starts or stops, and the next nodes have their turn.',
  isQuiet: false,
  eventsOf: (_graph, due) =>
    due.map(({ subject }) => ({ type: 'ClusterAdvanceResumed', data: { after: subject as Fid } })),
  progressOf: keptBack,
};
