/** Events of projects: made, lent machines, joined by tokens. */

import { Type } from 'typebox';
import { projectRoles } from '../values/projects.ts';
import { event } from './define.ts';
import { closed, Fqdn, Name, oneOf } from './fields.ts';

export const projectEvents = {
  ProjectCreated: event(1, Type.Object({ name: Name }, closed), { name: 'climate' }),

  ProjectDeleted: event(1, Type.Object({ name: Name }, closed), { name: 'climate' }),

  MachineAttached: event(
    1,
    Type.Object(
      {
        fqdn: Fqdn,
        project: Name,
        /** Whether facts say so, and not an operator. */
        declared: Type.Boolean(),
      },
      closed,
    ),
    { fqdn: 'n0001.galileo.example', project: 'climate', declared: false },
  ),

  MachineDetached: event(1, Type.Object({ fqdn: Fqdn, project: Name }, closed), {
    fqdn: 'n0001.galileo.example',
    project: 'climate',
  }),

  ProjectJoined: event(
    1,
    Type.Object({ project: Name, token: Name, role: oneOf(projectRoles) }, closed),
    { project: 'climate', token: '4f1c9d3e0c52', role: 'operator' },
  ),

  ProjectLeft: event(1, Type.Object({ project: Name, token: Name }, closed), {
    project: 'climate',
    token: '4f1c9d3e0c52',
  }),
};
