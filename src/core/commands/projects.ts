/** Projects are made, and go when they have given back their machines. */

import { decided } from '../decision.ts';
import type { Decide } from '../decision.ts';
import { reject } from '../values/rejection.ts';
import { lackOfProjects } from './room.ts';

export interface CreateProject {
  readonly type: 'CreateProject';
  readonly name: string;
}

/** One that only facts name stays from then on, whatever they say. */
export const createProject: Decide<CreateProject> = (graph, { name }) => {
  const present = graph.get('project', name);
  if (present?.lasting)
    return reject('project-exists', `there is a project ${name} already`, { subject: 'name' });
  const crowded = lackOfProjects(graph, present ? 0 : 1);
  return crowded ?? decided([{ type: 'ProjectCreated', data: { name } }]);
};

export interface DeleteProject {
  readonly type: 'DeleteProject';
  readonly name: string;
}

/** How many machines a refusal names. */
const namedMax = 3;

/** Its tokens stay, and see nothing of it any more. */
export const deleteProject: Decide<DeleteProject> = (graph, { name }) => {
  if (!graph.get('project', name))
    return reject('unknown-project', `there is no project ${name}`, { subject: 'name' });
  const machines = Array.from(graph.many('lends', name), ({ fqdn }) => fqdn).sort();
  if (machines.length > 0) {
    const more = machines.length > namedMax ? ` and ${machines.length - namedMax} more` : '';
    return reject(
      'project-in-use',
      `${name} has ${machines.slice(0, namedMax).join(', ')}${more}; detach its machines first`,
      { subject: 'name' },
    );
  }
  return decided([{ type: 'ProjectDeleted', data: { name } }]);
};
