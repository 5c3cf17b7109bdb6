/**
 * What each event changes in the graph. Total and deterministic: an event in the log has happened
 * and cannot be refused.
 */

import type { EventDraft, EventType } from '../../events/catalogue.ts';
import { fidKey } from '../../values/fid.ts';
import type { Fid } from '../../values/fid.ts';
import { withInstance } from '../../values/instance.ts';
import type { ProcessState } from '../../values/states.ts';
import { changeHost, clearDeadline, ensure, made, setDeadline, upsert } from '../changes.ts';
import type { Evolve, Position } from '../changes.ts';
import type { Graph } from '../graph.ts';
import { forgetRequest } from '../remembering.ts';
import type { Rows } from '../resources.ts';
import type { HostRow } from '../rows/hosts.ts';
import { endRecovery, recoveryEvolvers } from './recovery.ts';
import { removalEvolvers } from './removal.ts';
import { resetGraph } from './reset.ts';
import { withdrawn } from './withdrawn.ts';

const noRanges: Readonly<Record<string, number>> = Object.freeze({});

const raise = (graph: Graph, name: 'fid' | 'spec', value: number, position: Position): void => {
  const row = graph.get('counter', name);
  if (!row || value > row.value)
    graph.put('counter', {
      name,
      value,
      created: row?.created ?? position.revision,
      changed: position.revision,
    });
};

const drawn = (graph: Graph, fid: Fid, position: Position): void =>
  raise(graph, 'fid', fidKey(fid), position);

/** Puts a process into a state; `since` and `moved` only change when the state does. */
const move = (
  graph: Graph,
  fid: Fid,
  state: ProcessState,
  change: Partial<Rows['process']>,
  { revision, at }: Position,
): void => {
  const before = graph.must('process', fid);
  const moved = before.state === state ? {} : { since: at, moved: revision };
  graph.put('process', { ...before, ...change, state, ...moved, changed: revision });
};

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
  refused: [],
  ...made(position),
});

const evolvers: { readonly [T in EventType]: Evolve<T> } = {
  ...recoveryEvolvers,
  ...removalEvolvers,

  ClusterReset: (graph, _data, position) => resetGraph(graph, position),

  ClusterNamed: (graph, { name }, position) => {
    const wanted = [...graph.all('cluster')][0]?.wanted ?? null;
    for (const { name: old } of [...graph.all('cluster')])
      if (old !== name) graph.remove('cluster', old);
    upsert(graph, 'cluster', name, { name, wanted }, position);
  },

  EnclosureDeclared: (graph, { name, site, rack }, position) => {
    const rackId = `${site}/${rack}`;
    ensure(graph, 'site', site, { name: site }, position);
    ensure(graph, 'rack', rackId, { id: rackId, site }, position);
    upsert(graph, 'enclosure', name, { name, rack: rackId }, position);
  },

  ProjectDeclared: (graph, data, position) => upsert(graph, 'project', data.name, data, position),

  PoolDeclared: (graph, data, position) => {
    drawn(graph, data.fid, position);
    upsert(graph, 'pool', data.fid, data, position);
  },

  ProfileDeclared: (graph, data, position) => {
    drawn(graph, data.fid, position);
    upsert(graph, 'profile', data.fid, data, position);
  },

  RoleDefined: (graph, data, position) => upsert(graph, 'role', data.name, data, position),

  VarSet: (graph, data, position) => upsert(graph, 'var', data.name, data, position),

  DeclarationWithdrawn: (graph, { kind, name }, position) => withdrawn[kind](graph, name, position),

  // One that gave way to a newer one is not there any more.
  RequestsForgotten: (graph, { ids }) => {
    for (const id of ids) if (graph.get('request', id)) forgetRequest(graph, id);
  },

  HostDeclared: (graph, data, position) => {
    const { fqdn, enclosure, project, variables, roles, devices, declared } = data;
    const present = graph.get('host', fqdn) ?? blankHost(fqdn, position);
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

  ObmDeclared: (graph, data, position) => upsert(graph, 'obm', data.host, data, position),

  NodeUp: (graph, { fqdn, facts }, position) => {
    const host = graph.must('host', fqdn);
    endRecovery(graph, fqdn);
    const since = host.state === 'up' ? host.since : position.at;
    changeHost(graph, fqdn, { state: 'up', reason: '', since, facts, refused: [] }, position);
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

  NodeAdded: (graph, { fid, host }, position) => {
    drawn(graph, fid, position);
    graph.put('node', {
      fid,
      host: graph.must('host', host).fqdn,
      wanted: null,
      removing: false,
      ...made(position),
    });
  },

  SpecRendered: (graph, { id, spec }, position) => {
    raise(graph, 'spec', Number(id.slice(1)), position);
    graph.put('spec', { id, spec, ...made(position) });
  },

  // Strings that other rows hold already are taken from there: with a million processes that saves
  // 100 MB.
  ProcessAdded: (graph, data, position) => {
    const spec = graph.must('spec', data.spec);
    const hasRanges = Object.keys(data.ranges).length > 0;
    clearDeadline(graph, 'endpoint-cooldown', data.endpoint);
    drawn(graph, data.services.at(-1) ?? data.fid, position);
    graph.put('process', {
      fid: data.fid,
      node: graph.must('node', data.node).fid,
      role: graph.must('role', data.role).name,
      spec: spec.id,
      endpoint: data.endpoint,
      ranges: hasRanges ? data.ranges : noRanges,
      state: 'unknown',
      reason: '',
      since: position.at,
      moved: position.revision,
      wanted: null,
      removing: false,
      generation: 0,
      attempt: 0,
      pid: null,
      lease: null,
      ...made(position),
    });
    data.services.forEach((fid, i) =>
      graph.put('service', {
        fid,
        process: data.fid,
        type: spec.spec.services[i]!,
        ...made(position),
      }),
    );
  },

  ProcessStateChanged: (graph, { fid, state, reason }, position) => {
    if (state !== 'starting') clearDeadline(graph, 'process-start', fid);
    if (state !== 'starting') clearDeadline(graph, 'process-retry', fid);
    if (state !== 'quiescing' && state !== 'stopping') clearDeadline(graph, 'process-stop', fid);
    const isDown = state === 'offline' || state === 'failed' || state === 'unknown';
    const { pid } = graph.must('process', fid);
    move(graph, fid, state, { reason, pid: isDown ? null : pid }, position);
  },

  ProcessStarting: (graph, { fid, generation, attempt, until, reason }, position) => {
    clearDeadline(graph, 'process-retry', fid);
    clearDeadline(graph, 'process-stop', fid);
    setDeadline(graph, 'process-start', fid, until, position);
    move(graph, fid, 'starting', { generation, attempt, pid: null, reason }, position);
  },

  ProcessRunning: (graph, { fid, pid }, { revision }) =>
    graph.put('process', { ...graph.must('process', fid), pid, changed: revision }),

  ProcessLeased: (graph, { fid, seconds }, { revision }) =>
    graph.put('process', {
      ...graph.must('process', fid),
      lease: seconds,
      changed: revision,
    }),

  ProcessInstanceBegan: (graph, { fid, instance }, { revision }) => {
    const process = graph.must('process', fid);
    const instances = withInstance(process.instances ?? [], instance);
    graph.put('process', { ...process, instances, changed: revision });
  },

  ProcessRetryScheduled: (graph, { fid, attempt, at, reason }, position) => {
    clearDeadline(graph, 'process-start', fid);
    setDeadline(graph, 'process-retry', fid, at, position);
    const text = `attempt ${attempt} follows; the last one: ${reason}`;
    move(graph, fid, 'starting', { attempt, pid: null, reason: text }, position);
  },

  ProcessStopOrdered: (graph, { fid, until }, position) => {
    clearDeadline(graph, 'process-start', fid);
    clearDeadline(graph, 'process-retry', fid);
    setDeadline(graph, 'process-stop', fid, until, position);
    move(graph, fid, 'quiescing', { reason: '' }, position);
  },

  DeadlinePostponed: (graph, { id, at }, { revision }) => {
    const row = graph.get('deadline', id);
    if (row) graph.put('deadline', { ...row, at, changed: revision });
  },

  ProcessWanted: (graph, { fid, state }, { revision }) =>
    graph.put('process', {
      ...graph.must('process', fid),
      wanted: { state, at: revision },
      changed: revision,
    }),

  NodeWanted: (graph, { fid, state }, { revision }) =>
    graph.put('node', {
      ...graph.must('node', fid),
      wanted: { state, at: revision },
      changed: revision,
    }),

  ClusterWanted: (graph, { state }, { revision }) => {
    for (const row of [...graph.all('cluster')])
      graph.put('cluster', { ...row, wanted: { state, at: revision }, changed: revision });
  },

  ClusterAdvanceDeferred: (graph, { after, at }, position) =>
    setDeadline(graph, 'cluster-advance', after, at, position),

  ClusterAdvanceResumed: (graph, { after }) => clearDeadline(graph, 'cluster-advance', after),

  ProcessRemovalOrdered: (graph, { fid }, { revision }) =>
    graph.put('process', {
      ...graph.must('process', fid),
      removing: true,
      wanted: { state: 'offline', at: revision },
      changed: revision,
    }),

  NodeRemovalOrdered: (graph, { fid }, { revision }) =>
    graph.put('node', { ...graph.must('node', fid), removing: true, changed: revision }),

  HostRemovalOrdered: (graph, { fqdn }, position) =>
    changeHost(graph, fqdn, { removing: true }, position),

  NodeRemoved: (graph, { fid }) => graph.remove('node', fid),

  HostRemoved: (graph, { fqdn }) => {
    if (graph.get('obm', fqdn)) graph.remove('obm', fqdn);
    endRecovery(graph, fqdn);
    if (graph.get('policy', fqdn)) graph.remove('policy', fqdn);
    graph.remove('host', fqdn);
  },

  ProcessRemoved: (graph, { fid, cools_until }, position) => {
    // From the last to the first, so that undoing links them in the order of the spec again.
    for (const service of [...graph.many('provides', fid)].reverse())
      graph.remove('service', service.fid);
    for (const kind of ['process-start', 'process-stop', 'process-retry'] as const)
      clearDeadline(graph, kind, fid);
    const { spec, endpoint } = graph.must('process', fid);
    graph.remove('process', fid);
    if (cools_until !== null)
      setDeadline(graph, 'endpoint-cooldown', endpoint, cools_until, position);
    if (graph.related('shapes', spec) === 0) graph.remove('spec', spec);
  },

  CredentialIssued: (graph, data, position) => {
    graph.put('credential', { ...data, ...made(position) });
    if (data.expires > 0) setDeadline(graph, 'credential-expiry', data.id, data.expires, position);
  },

  CredentialRevoked: (graph, { id }) => {
    graph.remove('credential', id);
    clearDeadline(graph, 'credential-expiry', id);
  },
};

/** A host's `problem`, of the role that waits and why it does. */
export const problemText = (role: string, message: string): string => `${role}: ${message}`;

/** How many refused claims of one host are remembered. */
const refusedMax = 8;

/** Applies one event. */
export const evolve = (graph: Graph, draft: EventDraft, position: Position): void => {
  const apply = evolvers[draft.type] as Evolve<EventType>;
  apply(graph, draft.data, position);
};
