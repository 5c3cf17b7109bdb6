/** What the wishes of operators change in the graph. */

import type { wantedEvents } from '../../events/wanted.ts';
import { clearDeadline, setDeadline } from '../changes.ts';
import type { Evolvers } from '../changes.ts';

export const wantedEvolvers: Evolvers<typeof wantedEvents> = {
  ProcessWanted: (graph, { fid, state }, { revision }) =>
    graph.put('process', {
      ...graph.must('process', fid),
      wanted: { state, at: revision },
      changed: revision,
    }),

  NodeWanted: (graph, { fid, state }, { revision }) =>
    graph.put('node', {
      ...graph.must('node', fid),
      wanted: { state, at: revision },
      changed: revision,
    }),

  ClusterWanted: (graph, { state }, { revision }) => {
    for (const row of [...graph.all('cluster')])
      graph.put('cluster', { ...row, wanted: { state, at: revision }, changed: revision });
  },

  ClusterAdvanceDeferred: (graph, { after, at }, position) =>
    setDeadline(graph, 'cluster-advance', after, at, position),

  ClusterAdvanceResumed: (graph, { after }) => clearDeadline(graph, 'cluster-advance', after),
};
