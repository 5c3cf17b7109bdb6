/**
 * What a load is about to have rendered, as far as that can be told before it is decided: so that it
 * can be rendered elsewhere first. What is missed here is rendered when it is needed.
 */

import { missingRoles } from '../graph/missing-roles.ts';
import type { Graph } from '../graph/graph.ts';
import type { ReadGraph } from '../graph/read-graph.ts';
import type { HostRow } from '../graph/rows/hosts.ts';
import type { Declaration, DeclaredRole } from '../values/facts.ts';
import type { RenderResult, RoleSource, Variables } from '../values/roles.ts';
import { canRender, hostVariables } from './variables.ts';

/** One role on one host. */
export interface Rendering {
  readonly role: RoleSource;
  readonly variables: Variables;
  readonly overrides: Variables;
}

/** What a rendering gave, and the steps that it took. */
export interface CountedResult {
  readonly result: RenderResult;
  readonly steps: number;
}

/** What was rendered before the decision that needs it. */
export interface RenderedAhead {
  get(rendering: Rendering): CountedResult | undefined;
}

type Known = Pick<HostRow, 'fqdn' | 'facts' | 'variables'>;

/** Roles of one host, and those that they require. */
const renderingsOf = (
  host: Known,
  wanted: readonly DeclaredRole[],
  roleOf: (
    name: string,
  ) => (RoleSource & Pick<Declaration['roles'][number], 'requires'>) | undefined,
): readonly Rendering[] => {
  if (wanted.length === 0 || !canRender(host as HostRow)) return [];
  const variables = hostVariables(host as HostRow);
  const found = new Map<string, Rendering>();
  const want = (name: string, overrides: Variables): void => {
    const role = roleOf(name);
    if (!role || found.has(name)) return;
    found.set(name, { role, variables, overrides });
    for (const required of role.requires) want(required, {});
  };
  for (const { name, overrides } of wanted) want(name, overrides);
  return [...found.values()];
};

/** What hosts want that wait for a report, one step a host. */
export function* renderingsOfReports(
  graph: ReadGraph,
  hosts: Iterable<Pick<HostRow, 'fqdn' | 'facts'>>,
): Generator<readonly Rendering[]> {
  for (const { fqdn, facts } of hosts) {
    const row = graph.get('host', fqdn);
    const pending = row?.roles.filter(({ name }) => row.pending.includes(name)) ?? [];
    yield row ? renderingsOf({ ...row, facts }, pending, (name) => graph.get('role', name)) : [];
  }
}

/** One step a host; of most hosts of a cluster that is loaded already there is nothing. */
export function* renderingsOfLoad(
  graph: ReadGraph & Pick<Graph, 'indexes'>,
  { hosts, roles }: Pick<Declaration, 'hosts' | 'roles'>,
): Generator<readonly Rendering[]> {
  const declared = new Map(roles.map((role) => [role.name, role]));
  const ofHost = (host: Known, wanted: readonly DeclaredRole[]): readonly Rendering[] =>
    renderingsOf(host, wanted, (name) => declared.get(name) ?? graph.get('role', name));
  for (const host of hosts) {
    const row = graph.get('host', host.fqdn);
    const lacking = row && new Set(missingRoles(graph, row).map(({ role }) => role));
    const wanted = row
      ? host.roles.filter(
          ({ name }) =>
            lacking!.has(name) ||
            row.pending.includes(name) ||
            !row.roles.some((role) => role.name === name),
        )
      : host.roles;
    yield ofHost({ ...host, facts: row?.facts ?? null }, wanted);
  }
  for (const fqdn of graph.indexes.blockedHosts.all()) {
    const row = graph.get('host', fqdn)!;
    yield ofHost(
      row,
      row.roles.filter(({ name }) => row.pending.includes(name)),
    );
  }
}
