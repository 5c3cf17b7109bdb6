/** What each role may do, as data. What a site adds or takes away is in its policy. */

import type { ReadGraph } from '../graph/read-graph.ts';
import { holderOf, memberId } from '../graph/rows/credentials.ts';
import type { CredentialRole, retiredRole } from '../values/credential-roles.ts';
import type { Conditions } from '../values/policy.ts';
import { projectRoles } from '../values/projects.ts';
import type { ProjectRole } from '../values/projects.ts';
import { projectOf } from './asked.ts';
import type { Action, Principal, Resource } from './asked.ts';

export interface Rule {
  readonly name: string;
  readonly roles: readonly (CredentialRole | typeof retiredRole)[];
  readonly actions: readonly Action[];
  /** Absent: of anything. */
  readonly of?: (graph: ReadGraph, who: Principal, resource: Resource) => boolean;
  /** Absent: under any circumstances. */
  readonly only_if?: Conditions;
}

/** In the project of the resource, the token is this or more. */
export const inProject =
  (least: ProjectRole) =>
  (graph: ReadGraph, who: Principal, resource: Resource): boolean => {
    const project = projectOf(graph, resource);
    const member =
      project === null ? undefined : graph.get('member', memberId(holderOf(who), project));
    return member !== undefined && projectRoles.indexOf(member.role) >= projectRoles.indexOf(least);
  };

export const rules: readonly Rule[] = [
  {
    name: 'every token may ask what it is',
    roles: [
      ...['viewer', 'note-taker', 'power-intern', 'operator', 'admin'],
      ...['agent', 'process', 'member'],
    ] as readonly CredentialRole[],
    actions: ['identify'],
  },
  {
    name: 'viewers see the cluster',
    roles: ['viewer', 'note-taker', 'power-intern', 'operator', 'admin'],
    actions: ['look', 'configure'],
  },
  {
    name: 'note-takers write notes',
    roles: ['note-taker', 'power-intern', 'operator', 'admin'],
    actions: ['note'],
  },
  { name: 'operators operate it', roles: ['operator', 'admin'], actions: ['operate', 'report'] },
  { name: 'operators power machines', roles: ['operator', 'admin'], actions: ['power'] },
  {
    name: 'power-interns power one machine at a time that is suggested, three an hour',
    roles: ['power-intern'],
    actions: ['power'],
    only_if: { suggested: true, max_machines: 1, max_per_hour: 3 },
  },
  { name: 'administrators administer it', roles: ['admin'], actions: ['administer'] },
  { name: 'agents speak for hosts', roles: ['agent', 'admin'], actions: ['speak', 'hear'] },
  { name: 'agents of removed hosts are told so', roles: ['retired'], actions: ['hear'] },
  {
    name: 'a process sees and reports itself',
    roles: ['process'],
    actions: ['configure', 'report'],
    of: (_graph, { process }, resource) => resource.kind === 'process' && resource.fid === process,
  },
  {
    name: 'members see the machines of their projects',
    roles: ['member'],
    actions: ['look', 'configure'],
    of: inProject('viewer'),
  },
  {
    name: 'members that are operators operate them',
    roles: ['member'],
    actions: ['operate', 'report', 'note', 'power'],
    of: inProject('operator'),
  },
];
