/** What the events of projects change in the graph. */

import type { projectEvents } from '../../events/projects.ts';
import { upsert } from '../changes.ts';
import type { Evolvers, Position } from '../changes.ts';
import type { Graph } from '../graph.ts';
import { memberId } from '../rows/credentials.ts';
import type { HostRow } from '../rows/hosts.ts';

/** A host as it is in no project. */
export const free = ({ lent: _, attached: __, ...host }: HostRow): HostRow => ({
  ...host,
  project: null,
});

/** A project goes: its machines are free then, and its tokens have lost it. */
export const removeProject = (graph: Graph, name: string, { revision }: Position): void => {
  for (const host of [...graph.many('lends', name)])
    graph.put('host', { ...free(host), changed: revision });
  for (const { id } of [...graph.many('admits', name)]) graph.remove('member', id);
  graph.remove('project', name);
};

export const projectEvolvers: Evolvers<typeof projectEvents> = {
  ProjectCreated: (graph, { name }, position) =>
    upsert(graph, 'project', name, { name, lasting: true }, position),

  ProjectDeleted: (graph, { name }, position) => removeProject(graph, name, position),

  MachineAttached: (graph, { fqdn, project, declared }, { revision }) => {
    const host = graph.must('host', fqdn);
    const lent = host.project === project ? (host.lent ?? revision) : revision;
    const how = declared ? {} : { attached: true as const };
    graph.put('host', { ...free(host), project, lent, ...how, changed: revision });
  },

  MachineDetached: (graph, { fqdn }, { revision }) =>
    graph.put('host', { ...free(graph.must('host', fqdn)), changed: revision }),

  ProjectJoined: (graph, { project, token, role }, position) => {
    const id = memberId(token, project);
    upsert(graph, 'member', id, { id, credential: token, project, role }, position);
  },

  ProjectLeft: (graph, { project, token }) => graph.remove('member', memberId(token, project)),
};
