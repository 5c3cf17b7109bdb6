/** Projects as the API shows them. */

import type { Project } from '../../contract/projects.ts';
import type { ReadGraph } from '../../core/graph/read-graph.ts';
import type { ProjectRow } from '../../core/graph/rows/cluster.ts';

export const projectView = (graph: ReadGraph, { name, lasting, created }: ProjectRow): Project => ({
  name,
  machines: graph.related('lends', name),
  lasting: lasting ?? false,
  created,
});
