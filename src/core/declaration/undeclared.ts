/** What the graph holds because facts or roles once said so, and a declaration does not say any more. */

import type { Graph } from '../graph/graph.ts';
import type { ProjectRow } from '../graph/rows/cluster.ts';
import type { RoleRow } from '../graph/rows/roles.ts';
import { isObmEnabled } from '../lifecycle/obm.ts';
import type { Declaration, withdrawable } from '../values/facts.ts';

export interface Undeclared {
  readonly kind: (typeof withdrawable)[number] | 'host' | 'role of host' | 'recovery';
  readonly name: string;
  /** Of a role that a host has no longer. */
  readonly host: string | null;
}

/** Everything of that sort; hosts that are leaving already are not. Looks at all hosts, at no processes. */
export const undeclaredIn = (graph: Graph, declaration: Declaration): Undeclared[] => {
  const hosts = new Map(declaration.hosts.map((host) => [host.fqdn, host]));
  const gone = (kind: Undeclared['kind'], name: string): Undeclared => ({ kind, name, host: null });
  const missing = (
    kind: 'role' | 'profile' | 'pool' | 'enclosure',
    declared: readonly { readonly name: string }[],
  ): Undeclared[] => {
    const names = new Set(declared.map(({ name }) => name));
    return Array.from(graph.all(kind), ({ name }) => name)
      .filter((name) => !names.has(name))
      .map((name) => gone(kind, name));
  };
  const projects = new Set(declaration.hosts.map(({ project }) => project));
  return [
    ...[...graph.all('host')]
      .filter((host) => host.declared && !host.removing && !hosts.has(host.fqdn))
      .map(({ fqdn }) => gone('host', fqdn)),
    ...[...graph.all('host')].flatMap(({ fqdn, roles, removing }) => {
      const host = removing ? undefined : hosts.get(fqdn);
      if (!host) return [];
      const declared = new Set(host.roles.map(({ name }) => name));
      const names = new Set(roles.map(({ name }) => name).filter((name) => !declared.has(name)));
      return Array.from(names, (name) => ({ kind: 'role of host' as const, name, host: fqdn }));
    }),
    ...[...graph.all('obm')]
      .filter(({ host }) => hosts.has(host) && hosts.get(host)!.obm === null)
      .map(({ host }) => gone('obm', host)),
    ...[...graph.all('policy')]
      .filter(({ host }) => (host === null ? declaration : hosts.get(host))?.recovery === null)
      .map(({ id }) => gone('recovery', id)),
    ...missing('role', declaration.roles),
    ...missing('profile', declaration.profiles),
    ...missing('pool', declaration.pools),
    ...missing('enclosure', declaration.enclosures),
    ...[...graph.all('project')]
      .filter((project) => !projects.has(project.name) && !isKept(graph, project))
      .map(({ name }) => gone('project', name)),
    ...[...graph.all('var')]
      .filter(({ name }) => !Object.hasOwn(declaration.vars, name))
      .map(({ name }) => gone('var', name)),
  ].sort((a, b) => compare(a.kind, b.kind) || compare(key(a), key(b)));
};

/** What somebody made of a project by hand is not taken away because facts do not name it. */
const isKept = (graph: Graph, { name, lasting }: ProjectRow): boolean =>
  lasting === true ||
  graph.related('admits', name) > 0 ||
  [...graph.many('lends', name)].some(
    ({ fqdn, attached }) => attached ?? isObmEnabled(graph, fqdn),
  );

const key = ({ name, host }: Undeclared): string => `${host ?? ''} ${name}`;
const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/**
 * Those of these roles that something still needs: processes that are there, once `leaving` are
 * gone, or a role that stays.
 */
export const rolesInUse = (
  graph: Graph,
  undeclared: readonly string[],
  leaving: ReadonlyMap<string, number> = new Map(),
): Set<string> => {
  const gone = new Set(undeclared);
  const isUsed = ({ name }: RoleRow): boolean =>
    !gone.has(name) || graph.related('names', name) > (leaving.get(name) ?? 0);
  const used = new Set<string>();
  const visit = ({ name, requires }: RoleRow): void => {
    if (used.has(name)) return;
    used.add(name);
    for (const required of requires) {
      const row = graph.get('role', required);
      if (row) visit(row);
    }
  };
  for (const role of graph.all('role')) if (isUsed(role)) visit(role);
  return new Set(undeclared.filter((name) => used.has(name)));
};

/** What a load leaves behind, and whether it could go. */
export const keptIn = (
  graph: Graph,
  declaration: Declaration,
): (Undeclared & { readonly needed: boolean })[] => {
  const undeclared = undeclaredIn(graph, declaration);
  const names = undeclared.filter(({ kind }) => kind === 'role').map(({ name }) => name);
  const used = rolesInUse(graph, names);
  return undeclared.map((one) => ({ ...one, needed: one.kind === 'role' && used.has(one.name) }));
};
