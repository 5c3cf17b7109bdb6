/** Projects: who machines are lent to. */

import { Type } from 'typebox';
import type { Static } from 'typebox';
import { machinesMax } from '../core/values/projects.ts';
import { command, read } from './endpoint.ts';
import { Done } from './outcome.ts';
import { page } from './page.ts';
import { paging } from './parameters.ts';
import { Fqdn, ProjectName, ProjectRole, RevisionNumber, strict } from './values.ts';

export const Project = Type.Object({
  name: Type.String(),
  machines: Type.Integer({ description: 'How many it has; see `GET /hosts?project=`.' }),
  lasting: Type.Boolean({
    description: 'Somebody created it; false: only facts name it, and it goes when they do not.',
  }),
  created: RevisionNumber,
});

export const ProjectPage = page(Project);

export const ProjectBody = Type.Object(
  {
    name: Type.String({
      minLength: 1,
      maxLength: 64,
      pattern: '^[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?$',
      description: 'Letters, digits, and `.`, `_`, `-` between them.',
    }),
  },
  strict,
);

export const MachinesBody = Type.Object(
  { hosts: Type.Array(Fqdn, { minItems: 1, maxItems: machinesMax }) },
  strict,
);

export const MemberBody = Type.Object({ role: ProjectRole }, strict);

export type Project = Static<typeof Project>;
export type ProjectBody = Static<typeof ProjectBody>;
export type MachinesBody = Static<typeof MachinesBody>;
export type MemberBody = Static<typeof MemberBody>;

const params = { name: ProjectName };
const memberParams = {
  name: ProjectName,
  id: Type.String({ description: 'Id of the token, its part after `hal_`.' }),
};
/** So many names of the greatest length. */
const bodyBytesMax = 2 * 1024 * 1024;

export const listProjects = read({
  path: '/projects',
  access: 'viewer',
  lent: 'shown',
  tag: 'projects',
  summary: 'Projects',
  query: paging,
  reply: ProjectPage,
});

export const getProject = read({
  path: '/projects/:name',
  params,
  access: 'viewer',
  lent: 'shown',
  tag: 'projects',
  summary: 'One project',
  reply: Project,
});

export const createProject = command({
  method: 'POST',
  path: '/projects',
  access: 'admin',
  tag: 'projects',
  summary: 'Create a project',
  description: 'One that only facts name stays from then on, whatever they say.',
  body: ProjectBody,
  reply: Project,
  creates: true,
});

export const deleteProject = command({
  method: 'DELETE',
  path: '/projects/:name',
  params,
  access: 'admin',
  tag: 'projects',
  summary: 'Delete a project',
  description:
    'Refused while it has machines. Its tokens stay, and see nothing of it any more; a project that is created later ' +
    'under its name is another one.',
  reply: Done,
});

export const attachMachines = command({
  method: 'POST',
  path: '/projects/:name/attach',
  params,
  access: 'operator',
  tag: 'projects',
  summary: 'Lend machines to a project',
  description:
    'One commit: all of them or none. A machine is in one project at most; facts do not take away what is attached.',
  body: MachinesBody,
  bodyBytesMax,
  reply: Project,
});

export const detachMachines = command({
  method: 'POST',
  path: '/projects/:name/detach',
  params,
  access: 'operator',
  tag: 'projects',
  summary: 'Take machines back from a project',
  description:
    'One commit: all of them or none. Refused while the out-of-band manager of one is enabled: whoever has its token ' +
    'could still use it.',
  body: MachinesBody,
  bodyBytesMax,
  reply: Project,
});

export const putMember = command({
  method: 'PUT',
  path: '/projects/:name/members/:id',
  params: memberParams,
  repeat: 'as-it-is',
  access: 'admin',
  tag: 'projects',
  summary: 'Let a token into a project, or give it another role there',
  description: 'Only a token of the role `member`; any other is good for the whole cluster.',
  body: MemberBody,
  reply: Done,
});

export const removeMember = command({
  method: 'DELETE',
  path: '/projects/:name/members/:id',
  params: memberParams,
  access: 'admin',
  tag: 'projects',
  summary: 'Take a token out of a project',
  description: 'It sees nothing of it any more once this has been answered; its open streams end.',
  reply: Done,
});
