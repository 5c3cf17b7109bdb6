/** How what was declared once goes. */

import type { EventData } from '../../events/catalogue.ts';
import { changeHost } from '../changes.ts';
import type { Position } from '../changes.ts';
import type { Graph } from '../graph.ts';
import { removeProject } from './projects.ts';

const byName = (graph: Graph, kind: 'pool' | 'profile', name: string): void => {
  for (const row of [...graph.all(kind)]) if (row.name === name) graph.remove(kind, row.fid);
};

/** By kind. Hosts that have not left yet are nowhere in particular then. */
export const withdrawn: {
  readonly [K in EventData<'DeclarationWithdrawn'>['kind']]: (
    graph: Graph,
    name: string,
    position: Position,
  ) => void;
} = {
  role: (graph, name) => graph.remove('role', name),
  var: (graph, name) => graph.remove('var', name),
  obm: (graph, name) => graph.remove('obm', name),
  pool: (graph, name) => byName(graph, 'pool', name),
  profile: (graph, name) => byName(graph, 'profile', name),
  project: (graph, name, position) => removeProject(graph, name, position),
  enclosure: (graph, name, position) => {
    for (const { fqdn } of [...graph.many('houses', name)])
      changeHost(graph, fqdn, { enclosure: null }, position);
    const { rack } = graph.must('enclosure', name);
    graph.remove('enclosure', name);
    if (graph.related('holds', rack) > 0) return;
    const { site } = graph.must('rack', rack);
    graph.remove('rack', rack);
    if (graph.related('contains', site) === 0) graph.remove('site', site);
  },
};
