/** A resource as a member of a project is shown it: like everywhere else, and not as it is kept. */

import type { Graph } from '../../core/graph/graph.ts';
import type { Found } from '../../station/queries/why.ts';
import { hostView, nodeView } from './hosts.ts';
import { maintenanceView } from './maintenance.ts';
import { processView } from './processes.ts';
import { recoveryView } from './recovery.ts';

/** Of a kind that is, or is on, a machine; of any other nothing. */
export const resourceForMembers = (graph: Graph, { kind, key }: Found): object => {
  switch (kind) {
    case 'host':
      return hostView(graph, graph.must('host', key), true);
    case 'node':
      return nodeView(graph, graph.must('node', key));
    case 'process':
      return processView(graph, graph.must('process', key));
    case 'maintenance':
      return maintenanceView(graph, key) ?? {};
    case 'recovery':
      return recoveryView(graph, key, true) ?? {};
    case 'service': {
      const { fid, process, type } = graph.must('service', key);
      return { fid, process, type };
    }
    case 'policy': {
      const { host, steps } = graph.must('policy', key);
      return { host, steps };
    }
    default:
      return {};
  }
};
