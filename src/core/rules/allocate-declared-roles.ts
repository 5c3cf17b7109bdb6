/** Gives a declared host its processes as soon as enough is known of it. */

import { Allocator } from '../allocation/allocator.ts';
import { requiredFirst } from '../allocation/role-order.ts';
import { canRender } from '../allocation/variables.ts';
import { decided, unchanged } from '../decision.ts';
import type { DecideContext, Decision } from '../decision.ts';
import { problemLength } from '../events/hosts.ts';
import { problemText } from '../graph/evolve/hosts.ts';
import type { Graph } from '../graph/graph.ts';
import type { HostRow } from '../graph/rows/hosts.ts';
import type { Refused } from '../values/rejection.ts';
import { eventRule } from './rule.ts';
import type { Rule } from './rule.ts';

/** Adds the pending roles of a host in their order, up to the first that is refused. */
const allocatePending = (
  graph: Graph,
  allocator: Allocator,
  host: HostRow,
): { role: string; why: Refused } | null => {
  const pending = host.roles.filter(({ name }) => host.pending.includes(name));
  for (const role of requiredFirst(graph, pending)) {
    const added = allocator.addDeclared(host, role);
    if (typeof added !== 'number') return { role: role.name, why: added };
    const data = { fqdn: host.fqdn, role: role.name, processes: added };
    allocator.events.push({ type: 'DeclaredRoleAllocated', data });
  }
  return null;
};

/** Nobody waits for an answer here, so a refusal is recorded once and shown in the status. */
const allocateOrExplain = (
  graph: Graph,
  hosts: Iterable<HostRow>,
  { render }: DecideContext,
): Decision => {
  const allocator = new Allocator(graph, render);
  for (const host of hosts) {
    if (host.pending.length === 0 || !canRender(host)) continue;
    const refused = allocatePending(graph, allocator, host);
    if (!refused) continue;
    const { role } = refused;
    const { code } = refused.why.rejection;
    const message = refused.why.rejection.message.slice(0, problemLength);
    if (host.problem === problemText(role, message)) continue;
    const data = { fqdn: host.fqdn, role, code, message };
    allocator.events.push({ type: 'DeclaredRoleBlocked', data });
  }
  return decided(allocator.events);
};

/** An operator loads facts: what cannot be allocated fails the load. */
const onDeclaration = eventRule({
  name: 'allocate-on-declaration',
  description:
    'A declared host of which enough is known gets the processes of its roles in the same commit, those that ' +
    'were removed too; if that is impossible the load is refused.',
  on: ['HostDeclared', 'DeclaredRoleWanted'],
  react: (graph, event, { render }) => {
    const host = graph.must('host', event.data.fqdn);
    if (host.pending.length === 0 || !canRender(host)) return unchanged;
    const allocator = new Allocator(graph, render);
    return allocatePending(graph, allocator, host)?.why ?? decided(allocator.events);
  },
});

const onNodeUp = eventRule({
  name: 'allocate-on-node-up',
  description: 'A declared host gets the processes of its roles when its agent first reports.',
  on: ['NodeUp'],
  react: (graph, event, context) => {
    const host = graph.must('host', event.data.fqdn);
    return host.pending.length === 0 ? unchanged : allocateOrExplain(graph, [host], context);
  },
});

const onRoleDefined = eventRule({
  name: 'allocate-on-role-change',
  description:
    'Hosts whose roles could not be allocated are tried again when a role is defined anew.',
  on: ['RoleDefined'],
  react: (graph, _event, context) => {
    const blocked = [...graph.indexes.blockedHosts.all()]
      .sort()
      .map((fqdn) => graph.must('host', fqdn));
    return blocked.length === 0 ? unchanged : allocateOrExplain(graph, blocked, context);
  },
});

export const allocateDeclaredRoles: readonly Rule[] = [onDeclaration, onNodeUp, onRoleDefined];
