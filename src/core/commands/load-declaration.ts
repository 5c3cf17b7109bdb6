/**
 * Takes a declared cluster: adds what is new and changes what differs. What is not declared any more is
 * kept as it is, or removed where that is asked for.
 */

import { Allocator } from '../allocation/allocator.ts';
import { decided, unchanged } from '../decision.ts';
import type { Decide } from '../decision.ts';
import { isLeaving } from '../declaration/leaving.ts';
import type { EventDraft } from '../events/catalogue.ts';
import type { Graph } from '../graph/graph.ts';
import { missingRoles } from '../graph/missing-roles.ts';
import { clusterPolicy } from '../graph/rows/hosts.ts';
import { currentVars } from '../graph/vars.ts';
import type { Declaration, DeclaredHost } from '../values/facts.ts';
import { reject } from '../values/rejection.ts';
import { defaultVars, isVarName, varProblems } from '../values/vars.ts';
import { lendingEvents, lendingRefused, newProjects, projectOf } from './lend-declared.ts';
import { prune } from './prune.ts';
import { lackOfRoom } from './room.ts';

export interface LoadDeclaration {
  readonly type: 'LoadDeclaration';
  readonly declaration: Declaration;
  /** Remove what is not declared any more; absent: keep it. */
  readonly prune?: boolean;
}

export const loadDeclaration: Decide<LoadDeclaration> = (graph, command, context) => {
  const { declaration, prune: isPruned = false } = command;
  const [wrong] = varProblems(declaration.vars, isPruned ? defaultVars : currentVars(graph));
  if (wrong) {
    const code = isVarName(wrong.name) ? 'invalid-var' : 'unknown-var';
    return reject(code, wrong.message, { subject: wrong.name });
  }
  const more = declaration.hosts.filter(({ fqdn }) => !graph.get('host', fqdn)).length;
  const crowded = lackOfRoom(graph, more);
  if (crowded) return crowded;
  const refused = lendingRefused(graph, declaration);
  if (refused) return refused;
  const pruned = isPruned ? prune(graph, declaration, context) : unchanged;
  if (!pruned.ok) return pruned;
  const allocator = new Allocator(graph, context.render);
  return decided([
    ...(graph.get('cluster', declaration.cluster)
      ? []
      : [{ type: 'ClusterNamed' as const, data: { name: declaration.cluster } }]),
    ...poolEvents(graph, declaration, allocator),
    ...varEvents(graph, declaration),
    ...roleEvents(graph, declaration),
    ...placeEvents(graph, declaration),
    ...declaration.hosts.flatMap((host) => hostEvents(graph, host, isPruned)),
    ...pruned.events,
    ...declaration.hosts.flatMap((host) => wantedAgainEvents(graph, host)),
    ...policyEvents(graph, null, declaration.recovery, isPruned),
    ...declaration.hosts.flatMap(({ fqdn, recovery }) =>
      policyEvents(graph, fqdn, recovery, isPruned),
    ),
  ]);
};

const poolEvents = (graph: Graph, declaration: Declaration, allocator: Allocator): EventDraft[] => {
  const fids = new Map([...graph.all('pool')].map((pool) => [pool.name, pool.fid]));
  const events: EventDraft[] = [];
  for (const pool of declaration.pools) {
    const present = [...graph.all('pool')].find((row) => row.name === pool.name);
    const fid = present?.fid ?? allocator.fid('pool');
    fids.set(pool.name, fid);
    if (differs(present, pool))
      events.push({ type: 'PoolDeclared', data: { ...pool, devices: [...pool.devices], fid } });
  }
  for (const profile of declaration.profiles) {
    const present = [...graph.all('profile')].find((row) => row.name === profile.name);
    const data = { name: profile.name, pools: profile.pools.map((name) => fids.get(name)!) };
    if (differs(present, data))
      events.push({
        type: 'ProfileDeclared',
        data: { ...data, fid: present?.fid ?? allocator.fid('profile') },
      });
  }
  return events;
};

const varEvents = (graph: Graph, declaration: Declaration): EventDraft[] =>
  Object.entries(declaration.vars)
    .filter(([name, value]) => graph.get('var', name)?.value !== value)
    .map(([name, value]) => ({ type: 'VarSet', data: { name, value } }));

const roleEvents = (graph: Graph, declaration: Declaration): EventDraft[] =>
  declaration.roles
    .filter((role) => differs(graph.get('role', role.name), role))
    .map((role) => ({ type: 'RoleDefined', data: { ...role, requires: [...role.requires] } }));

const placeEvents = (graph: Graph, declaration: Declaration): EventDraft[] => [
  ...declaration.enclosures
    .filter(({ name, site, rack }) => graph.get('enclosure', name)?.rack !== `${site}/${rack}`)
    .map((data) => ({ type: 'EnclosureDeclared' as const, data })),
  ...newProjects(graph, declaration).map((name) => ({
    type: 'ProjectDeclared' as const,
    data: { name },
  })),
];

const policyEvents = (
  graph: Graph,
  fqdn: string | null,
  steps: DeclaredHost['recovery'],
  isPruned: boolean,
): EventDraft[] => {
  const present = graph.get('policy', fqdn ?? clusterPolicy);
  if (steps ? !differs(present, { steps }) : !present || !isPruned) return [];
  return [{ type: 'RecoveryPolicyDeclared', data: { fqdn, steps: steps && [...steps] } }];
};

const hostEvents = (
  graph: Graph,
  { obm, recovery: _, ...host }: DeclaredHost,
  isPruned: boolean,
): EventDraft[] => {
  const events: EventDraft[] = [];
  const row = graph.get('host', host.fqdn);
  const project = projectOf(row, host.project);
  const names = new Set(host.roles.map(({ name }) => name));
  const kept = isPruned ? [] : (row?.roles ?? []).filter(({ name }) => !names.has(name));
  const roles = [...host.roles, ...kept];
  if (differs(row, { ...host, project, roles, declared: true }))
    events.push({
      type: 'HostDeclared',
      data: { ...host, project, roles, devices: [...host.devices], declared: true },
    });
  events.push(...lendingEvents(row, host.fqdn, project));
  // Facts without credentials, a dump for one, do not take away those that are kept already.
  const present = graph.get('obm', host.fqdn);
  const manager = obm && { ...obm, secret: obm.secret ?? present?.secret ?? null };
  if (manager && differs(present, manager))
    events.push({ type: 'ObmDeclared', data: { host: host.fqdn, ...manager } });
  return events;
};

/** Roles that are declared and lack processes. What is leaving can be given none. */
const wantedAgainEvents = (graph: Graph, { fqdn, roles }: DeclaredHost): EventDraft[] => {
  const row = graph.get('host', fqdn);
  if (!row || isLeaving(graph, row)) return [];
  const declared = new Set(roles.map(({ name }) => name));
  return missingRoles(graph, row)
    .filter(({ role }) => declared.has(role))
    .map(({ role }) => ({ type: 'DeclaredRoleWanted', data: { fqdn, role } }));
};

/** Whether a row lacks any of these fields or has another value there. */
const differs = (row: object | undefined, fields: object): boolean =>
  row === undefined ||
  Object.entries(fields).some(
    ([key, value]) =>
      JSON.stringify((row as Record<string, unknown>)[key]) !== JSON.stringify(value),
  );
