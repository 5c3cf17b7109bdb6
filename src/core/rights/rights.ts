/**
 * Who may do what: one table and one function that reads it. Nothing is allowed that no rule allows, and an answer says
 * which rule it was.
 */

import type { ReadGraph } from '../graph/read-graph.ts';
import { memberId } from '../graph/rows/credentials.ts';
import type { CredentialRow } from '../graph/rows/credentials.ts';
import { namedAt } from '../graph/rows/hosts.ts';
import type { HostRow } from '../graph/rows/hosts.ts';
import type { CredentialRole, retiredRole } from '../values/credential-roles.ts';
import type { Fid } from '../values/fid.ts';
import { projectRoles } from '../values/projects.ts';
import type { ProjectRole } from '../values/projects.ts';

/** Who asks: a token. Its places in projects are in the graph, and are read there each time. */
export type Principal = Pick<CredentialRow, 'id' | 'role' | 'process'>;

/**
 * What is asked for. `identify`: to be told who one is; `configure`: the configuration of a process; `report`: to say
 * what an independent process does; `speak`: for a host, as its agent; `hear`: what an agent has to do.
 */
export type Action =
  'identify' | 'look' | 'operate' | 'administer' | 'configure' | 'report' | 'speak' | 'hear';

/** What it is asked of. Machines and what is on them are found in `then`, where the past is looked at. */
export type Resource =
  | { readonly kind: 'cluster' }
  | { readonly kind: 'project'; readonly name: string }
  | { readonly kind: 'host'; readonly fqdn: string; readonly then?: ReadGraph }
  | { readonly kind: 'node' | 'process'; readonly fid: Fid; readonly then?: ReadGraph };

export interface Verdict {
  readonly allowed: boolean;
  /** Name of the rule that allows it, or `nothing allows it`. */
  readonly rule: string;
}

interface Rule {
  readonly name: string;
  readonly roles: readonly (CredentialRole | typeof retiredRole)[];
  readonly actions: readonly Action[];
  /** Absent: of anything. */
  readonly of?: (graph: ReadGraph, who: Principal, resource: Resource) => boolean;
}

/** The project that a resource is, or that has the machine it is on; null: none. */
const projectOf = (graph: ReadGraph, resource: Resource): string | null => {
  if (resource.kind === 'cluster') return null;
  if (resource.kind === 'project') return resource.name;
  const { then } = resource;
  const fqdn = hostOf(then ?? graph, resource);
  const host = fqdn === undefined ? undefined : graph.get('host', fqdn);
  if (!host || (then && !isSameLending(host, then.get('host', host.fqdn)))) return null;
  return host.project;
};

const hostOf = (graph: ReadGraph, resource: Resource): string | undefined => {
  if (resource.kind === 'host') return resource.fqdn;
  if (resource.kind === 'node') return graph.get('node', resource.fid)?.host;
  if (resource.kind !== 'process') return undefined;
  const process = graph.get('process', resource.fid);
  return process && graph.get('node', process.node)?.host;
};

/** Whoever has a machine sees its past for as long as it has been lent to them, by its name, without a break. */
const isSameLending = (now: HostRow, then: HostRow | undefined): boolean =>
  then !== undefined &&
  then.project === now.project &&
  then.lent === now.lent &&
  namedAt(then) === namedAt(now);

/** In the project of the resource, the token is this or more. */
const inProject =
  (least: ProjectRole) =>
  (graph: ReadGraph, { id }: Principal, resource: Resource): boolean => {
    const project = projectOf(graph, resource);
    const member = project === null ? undefined : graph.get('member', memberId(id, project));
    return member !== undefined && projectRoles.indexOf(member.role) >= projectRoles.indexOf(least);
  };

export const rules: readonly Rule[] = [
  {
    name: 'every token may ask what it is',
    roles: ['viewer', 'operator', 'admin', 'agent', 'process', 'member'],
    actions: ['identify'],
  },
  {
    name: 'viewers see the cluster',
    roles: ['viewer', 'operator', 'admin'],
    actions: ['look', 'configure'],
  },
  { name: 'operators operate it', roles: ['operator', 'admin'], actions: ['operate', 'report'] },
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
    actions: ['operate', 'report'],
    of: inProject('operator'),
  },
];

const denied: Verdict = { allowed: false, rule: 'nothing allows it' };

/** Whether a token may do something with something, and which rule says so. */
export const allows = (
  graph: ReadGraph,
  who: Principal,
  action: Action,
  resource: Resource,
): Verdict => {
  const found = rules.find(
    ({ roles, actions, of }) =>
      roles.includes(who.role) &&
      actions.includes(action) &&
      (of === undefined || of(graph, who, resource)),
  );
  return found ? { allowed: true, rule: found.name } : denied;
};

/** Whether there is anything with which a token of a role may do that; with what, is not known yet. */
export const mayEver = ({ role }: Pick<Principal, 'role'>, action: Action): boolean =>
  rules.some(({ roles, actions }) => roles.includes(role) && actions.includes(action));
