/** What the events of hosts change in the graph. */

import type { hostEvents } from '../../events/hosts.ts';
import { changeHost, made, upsert } from '../changes.ts';
import type { Evolvers, Position } from '../changes.ts';
import type { HostRow } from '../rows/hosts.ts';
import { heardOf } from './host-return.ts';
import { free } from './projects.ts';
import { endRecovery } from './recovery.ts';
import { renamed } from './rename.ts';

/** The same one always, so that it is seen at once that nothing changed. */
const nobody: readonly string[] = [];

const blankHost = (fqdn: string, position: Position): HostRow => ({
  fqdn,
  state: 'unknown',
  reason: '',
  since: position.at,
  enclosure: null,
  project: null,
  variables: {},
  roles: [],
  pending: [],
  problem: '',
  devices: [],
  facts: null,
  removing: false,
  refused: nobody,
  ...made(position),
});

/** How many refused claims of one host are remembered. */
const refusedMax = 8;

/** A host's `problem`, of the role that waits and why it does. */
export const problemText = (role: string, message: string): string => `${role}: ${message}`;

export const hostEvolvers: Evolvers<typeof hostEvents> = {
  HostDeclared: (graph, data, position) => {
    const { fqdn, enclosure, project, variables, roles, devices, declared } = data;
    const before = graph.get('host', fqdn) ?? blankHost(fqdn, position);
    const present = before.project === project ? before : free(before);
    const known = new Set(present.roles.map((role) => role.name));
    const pending = roles
      .map((role) => role.name)
      .filter((name) => !known.has(name) || present.pending.includes(name));
    const allocated = Object.entries(present.allocated ?? {}).filter(([name]) =>
      roles.some((role) => role.name === name),
    );
    graph.put('host', {
      ...present,
      ...(present.allocated ? { allocated: Object.fromEntries(allocated) } : {}),
      enclosure,
      project,
      variables,
      roles,
      devices,
      pending,
      problem: '',
      ...(declared ? { declared: true } : {}),
      changed: position.revision,
    });
  },

  HostRegistered: (graph, { fqdn }, position) => graph.put('host', blankHost(fqdn, position)),

  HostRenamed: (graph, { from, to }, position) => renamed(graph, from, to, position),

  ObmDeclared: (graph, data, position) => upsert(graph, 'obm', data.host, data, position),

  NodeUp: (graph, { fqdn, facts }, position) => {
    const host = graph.must('host', fqdn);
    endRecovery(graph, fqdn);
    heardOf(graph, host, facts, position);
    const since = host.state === 'up' ? host.since : position.at;
    const up = { state: 'up', reason: '', since, facts, refused: nobody } as const;
    graph.put('host', { ...host, ...up, changed: position.revision });
  },

  NodeDown: (graph, { fqdn, reason }, position) =>
    changeHost(graph, fqdn, { state: 'down', reason, since: position.at }, position),

  HostClaimRefused: (graph, { fqdn, agent }, position) => {
    const refused = [...graph.must('host', fqdn).refused, agent].slice(-refusedMax);
    changeHost(graph, fqdn, { refused }, position);
  },

  DeclaredRoleAllocated: (graph, { fqdn, role, processes }, position) => {
    const host = graph.must('host', fqdn);
    const pending = host.pending.filter((name) => name !== role);
    const told = processes === null ? {} : { allocated: { ...host.allocated, [role]: processes } };
    changeHost(graph, fqdn, { pending, problem: '', ...told }, position);
  },

  DeclaredRoleWanted: (graph, { fqdn, role }, position) => {
    const { pending } = graph.must('host', fqdn);
    const wanted = pending.includes(role) ? pending : [...pending, role];
    changeHost(graph, fqdn, { pending: wanted, problem: '' }, position);
  },

  DeclaredRoleBlocked: (graph, { fqdn, role, message }, position) =>
    changeHost(graph, fqdn, { problem: problemText(role, message) }, position),
};
