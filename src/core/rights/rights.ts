/**
 * Who may do what: one function, which reads what the roles may and what the policy of the site says. Nothing is
 * allowed that no rule allows, what a rule forbids is forbidden whatever others say, and an answer says which rule it
 * was.
 */

import type { ReadGraph } from '../graph/read-graph.ts';
import { grantActions } from '../values/grants.ts';
import type { GrantAction } from '../values/grants.ts';
import type { Action, Principal, Resource } from './asked.ts';
import { lackOf } from './circumstances.ts';
import type { Circumstances, Lack } from './circumstances.ts';
import { grantFor, usedGrant } from './grants.ts';
import { policyMayEver, policyOn } from './policy.ts';
import { inProject, rules } from './rules.ts';

export type { Action, Principal, Resource } from './asked.ts';
export { grantFor } from './grants.ts';
export type { Circumstances, Lack } from './circumstances.ts';
export { rules } from './rules.ts';

export interface Verdict {
  readonly allowed: boolean;
  /** Name of the rule that decided, or `nothing allows it`. */
  readonly rule: string;
  /** The grant by which it is allowed, where it takes one. */
  readonly grant?: string;
  /** There is a right to it, but this is missing. */
  readonly lack?: Lack;
}

const denied: Verdict = { allowed: false, rule: 'nothing allows it' };

const takesGrant = (action: Action): action is GrantAction =>
  (grantActions as readonly Action[]).includes(action);

/**
 * Whether a token may do something with something, and which rule says so. What takes a grant is allowed by one only.
 *
 * @param used the grant by which it was allowed before, where this is asked just before it is done
 */
export const allows = (
  graph: ReadGraph,
  who: Principal,
  action: Action,
  resource: Resource,
  circumstances: Circumstances = {},
  used?: string,
): Verdict => {
  if (!takesGrant(action)) return rightTo(graph, who, action, resource, circumstances);
  if (resource.kind !== 'host') return denied;
  const { at = 0 } = circumstances;
  const grant =
    used === undefined
      ? grantFor(graph, who, action, resource.fqdn, at)
      : usedGrant(graph, used, who.id, action, resource.fqdn, at);
  const right = rightTo(graph, who, action, resource, {
    ...circumstances,
    ...(grant?.second_factor ? { second_factor: true } : {}),
  });
  if (!right.allowed) return right;
  return grant
    ? { ...right, grant: grant.id }
    : { allowed: false, rule: right.rule, lack: 'grant' };
};

/** The same without grants: whether a token has the right to something, which a grant would then be good for. */
export const rightTo = (
  graph: ReadGraph,
  who: Principal,
  action: Action,
  resource: Resource,
  circumstances: Circumstances = {},
): Verdict => {
  const { forbids, allow } = policyOn(graph, who, action, resource);
  if (forbids) return { allowed: false, rule: `policy: ${forbids.name}` };
  let almost: Verdict | undefined;
  for (const { name, roles, actions, of, only_if } of rules) {
    if (!roles.includes(who.role) || !actions.includes(action)) continue;
    if (of && !of(graph, who, resource)) continue;
    const lack = only_if && lackOf(graph, who, only_if, circumstances);
    if (lack === undefined) return { allowed: true, rule: name };
    almost ??= { allowed: false, rule: name, lack };
  }
  // A member is never told of machines of others, whatever the policy says of these.
  if (who.role === 'member' && !inProject('viewer')(graph, who, resource)) return denied;
  for (const { name, only_if } of allow) {
    const lack = lackOf(graph, who, only_if, circumstances);
    if (lack === undefined) return { allowed: true, rule: `policy: ${name}` };
    almost = { allowed: false, rule: `policy: ${name}`, lack };
  }
  return almost ?? denied;
};

/** Whether there is anything with which a token may do that; with what, is not known yet. */
export const mayEver = (graph: ReadGraph, who: Principal, action: Action): boolean =>
  rules.some(({ roles, actions }) => roles.includes(who.role) && actions.includes(action)) ||
  policyMayEver(graph, who, action);
