/** Projects. */

import type * as contract from '../../contract/projects.ts';
import type { Project } from '../../contract/projects.ts';
import type { ReadGraph } from '../../core/graph/read-graph.ts';
import type { ProjectRow } from '../../core/graph/rows/cluster.ts';
import type { Station } from '../../station/station.ts';
import type { Handlers } from '../bind.ts';
import { done, run } from '../commands.ts';
import { ApiError } from '../errors.ts';
import { json, pageText, read, readLong } from '../reads.ts';
import type { Paged } from '../reads.ts';
import { keysAfter, projectsSeen } from '../sight.ts';
import { projectView } from '../views/projects.ts';

export const projectHandlers = (station: Station): Handlers<typeof contract> => {
  const shown =
    (name: string) =>
    (graph: Station['graph']): Project =>
      projectView(graph, graph.must('project', name));
  return {
    listProjects: (request, reply) =>
      readLong(station, reply, request.query.at, json, (moment, graph) => {
        const names = projectsSeen(station, request)
          ?.filter((one) => isSame(graph, one))
          .map(({ name }) => name);
        const paged: Paged<'project'> = {
          kind: 'project',
          keys: (after, count) =>
            names
              ? keysAfter('project', names, after, count)
              : graph.keysAfter('project', after, count),
          view: (row) => projectView(moment.graph, row),
        };
        return pageText(moment, paged, request.query);
      }),

    getProject: (request, reply) =>
      read(station, reply, request.query.at, ({ graph }) => {
        const { name } = request.params;
        const row = graph.get('project', name);
        const seen = projectsSeen(station, request);
        const isSeen = !seen || seen.some((one) => one.name === name && isSame(graph, one));
        if (!row || !isSeen) throw noProject(name);
        return projectView(graph, row);
      }),

    createProject: (request, reply) => {
      const { name } = request.body;
      return run(station, request, reply, { type: 'CreateProject', name }, shown(name), true);
    },

    deleteProject: (request, reply) => {
      const { name } = request.params;
      return run(station, request, reply, { type: 'DeleteProject', name }, done);
    },

    attachMachines: (request, reply) => {
      const { name: project } = request.params;
      const { hosts } = request.body;
      const mayKnow = request.credential!.role === 'admin';
      const command = { type: 'AttachMachines', project, hosts, mayKnow } as const;
      return run(station, request, reply, command, shown(project));
    },

    detachMachines: (request, reply) => {
      const { name: project } = request.params;
      const { hosts } = request.body;
      const command = { type: 'DetachMachines', project, hosts } as const;
      return run(station, request, reply, command, shown(project));
    },

    putMember: (request, reply) => {
      const { name: project, id: token } = request.params;
      const { role } = request.body;
      return run(station, request, reply, { type: 'JoinProject', project, token, role }, done);
    },

    removeMember: (request, reply) => {
      const { name: project, id: token } = request.params;
      return run(station, request, reply, { type: 'LeaveProject', project, token }, done);
    },
  };
};

/** Whether a graph of the past has that very project, and not one that had its name. */
const isSame = (then: ReadGraph, { name, created }: ProjectRow): boolean =>
  then.get('project', name)?.created === created;

const noProject = (name: string): ApiError =>
  new ApiError('unknown-project', `there is no project ${name}`, { field: 'name' });
