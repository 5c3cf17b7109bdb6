/** The rules of the site: which of them are about something. */

import type { ReadGraph } from '../graph/read-graph.ts';
import { isOfPeople } from '../values/credential-roles.ts';
import { policyActions } from '../values/policy.ts';
import type { PolicyRule } from '../values/policy.ts';
import { hostOf, projectOf } from './asked.ts';
import type { Action, Principal, Resource } from './asked.ts';
import { isNamed } from './named.ts';

/** A session that a token has opened is under its rules. */
const isTheirs = ({ who }: PolicyRule, { id, role, user, opener }: Principal): boolean =>
  who.some(
    (one) =>
      one === 'everybody' ||
      one === `role:${role}` ||
      one === `token:${id}` ||
      (opener !== undefined && one === `token:${opener}`) ||
      (user !== undefined && one === `user:${user}`),
  );

const rulesFor = (graph: ReadGraph, who: Principal, action: Action): readonly PolicyRule[] => {
  // A policy is about people: what agents and processes may is not for it to say.
  if (!isOfPeople(who.role) || !(policyActions as readonly Action[]).includes(action)) return [];
  const { rules } = graph.get('rulebook', 'rulebook') ?? { rules: [] };
  return rules.filter(
    (rule) => (rule.actions as readonly Action[]).includes(action) && isTheirs(rule, who),
  );
};

const isAbout = (
  graph: ReadGraph,
  { machines, projects }: PolicyRule,
  resource: Resource,
): boolean => {
  if (projects !== null) {
    const project = projectOf(graph, resource);
    if (project === null || !projects.includes(project)) return false;
  }
  if (machines === null) return true;
  const fqdn = hostOf(graph, resource);
  return fqdn !== undefined && isNamed(machines, fqdn);
};

/** The rules of the site about that, those that forbid first. */
export const policyOn = (
  graph: ReadGraph,
  who: Principal,
  action: Action,
  resource: Resource,
): { readonly forbids?: PolicyRule; readonly allow: readonly PolicyRule[] } => {
  const rules = rulesFor(graph, who, action).filter((rule) => isAbout(graph, rule, resource));
  const forbids = rules.find(({ effect }) => effect === 'deny');
  return {
    ...(forbids ? { forbids } : {}),
    allow: rules.filter(({ effect }) => effect === 'allow'),
  };
};

/** Whether there is anything that the policy allows somebody of that kind. */
export const policyMayEver = (graph: ReadGraph, who: Principal, action: Action): boolean =>
  rulesFor(graph, who, action).some(({ effect }) => effect === 'allow');
