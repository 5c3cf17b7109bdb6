/**
 * What holds of every graph, checked by visiting everything, which the program itself never does.
 */

import type { Commit, EventRecord } from '../../src/core/events/commit.ts';
import type { Graph } from '../../src/core/graph/graph.ts';
import { relations } from '../../src/core/graph/relations.ts';
import type { Relation, RelationName } from '../../src/core/graph/relations.ts';
import { keyOf } from '../../src/core/graph/resources.ts';
import { isOver, stageOf } from '../../src/core/graph/rows/procedures.ts';
import { isAwaiting } from '../../src/core/graph/rows/obms.ts';
import type { DeadlineRow } from '../../src/core/graph/rows/deadlines.ts';
import type { ProcessRow } from '../../src/core/graph/rows/processes.ts';
import { varOf } from '../../src/core/graph/vars.ts';
import { transitions } from '../../src/core/lifecycle/transitions.ts';
import { wantedOf } from '../../src/core/lifecycle/wanted.ts';
import { turnsOf } from '../../src/core/values/campaigns.ts';
import { canonicalPrefix } from '../../src/core/values/endpoint.ts';
import { fidKey } from '../../src/core/values/fid.ts';
import { checkLists } from './list-invariants.ts';
import { checkStations } from './station-invariants.ts';
import { count, must } from './invariant.ts';

const unique = (items: Iterable<string>, what: string): void => {
  for (const [item, times] of count(items, String)) must(times === 1, `${what} ${item}: ${times}`);
};

/** The table of transitions, as a set of pairs. */
const possible = new Set(
  transitions.flatMap(({ ownership, from, to }) => from.map((one) => `${ownership} ${one} ${to}`)),
);

/** The state that a process is in after an event, where the event says so. */
const stateAfter = ({ type, data }: EventRecord): string | undefined => {
  switch (type) {
    case 'ProcessAdded':
      return 'unknown';
    case 'ProcessStarting':
    case 'ProcessRetryScheduled':
      return 'starting';
    case 'ProcessStopOrdered':
      return 'quiescing';
    case 'ProcessStateChanged':
      return (data as { state: string }).state;
    default:
      return undefined;
  }
};

/** Follows a log: a process goes from state to state as the table says, or as an operator does. */
export class TransitionChecker {
  readonly #processes = new Map<string, { ownership: string; state: string }>();
  readonly #ownerships = new Map<string, string>();

  check({ events, command }: Commit): void {
    for (const event of events) {
      const { fid, id, spec } = event.data as { fid: string; id: string; spec: unknown };
      if (event.type === 'SpecRendered')
        this.#ownerships.set(id, (spec as { ownership: string }).ownership);
      const state = stateAfter(event);
      if (state === undefined) continue;
      const process = this.#processes.get(fid);
      if (!process) {
        this.#processes.set(fid, { ownership: this.#ownerships.get(spec as string)!, state });
        continue;
      }
      const change = `${process.ownership} ${process.state} ${state}`;
      const isOverride = command === 'OverrideState' && event.cause === undefined;
      must(isOverride || possible.has(change), `${fid}: ${change} is not in the table`);
      process.state = state;
    }
  }
}

/**
 * Follows a log: a step of a recovery is begun for a host that is down, behind the fence, and not
 * before the last one has ended.
 */
export class RecoveryChecker {
  readonly #doing = new Map<string, number>();

  check({ events, revision }: Commit, graph: Graph): void {
    for (const { type, data } of events) {
      const { fqdn, begun } = data as { fqdn: string; begun: number };
      if (type === 'NodeUp' || type === 'HostRemoved') this.#doing.delete(fqdn);
      if (type === 'RecoveryStepEnded' && this.#doing.get(fqdn) === begun) this.#doing.delete(fqdn);
      if (type !== 'RecoveryStepBegun') continue;
      must(!this.#doing.has(fqdn), `two steps at once for ${fqdn}`);
      this.#doing.set(fqdn, revision);
      must(graph.get('host', fqdn)?.state === 'down', `a step for ${fqdn}, which is not down`);
      must(!graph.get('maintenance', fqdn), `a step for ${fqdn}, which somebody works on`);
      const { up, down: all } = graph.hostCounts();
      const down = all - graph.expectedLosses();
      const allowed = Math.floor(((up + down) * varOf(graph, 'recovery_max_down_percent')) / 100);
      must(down <= Math.max(1, allowed), `a step while ${down} of ${up + down} hosts are down`);
    }
  }
}

const linksOf = (graph: Graph, { to, field }: Relation): { from: string; key: string }[] =>
  [...graph.all(to)].flatMap((row) => {
    const value = (row as unknown as Record<string, unknown>)[field];
    const from = typeof value === 'string' ? [value] : Array.isArray(value) ? value : [];
    return from.map((each: string) => ({ from: each, key: keyOf(to, row) }));
  });

const checkRelations = (graph: Graph): void => {
  for (const [name, relation] of Object.entries(relations) as [RelationName, Relation][]) {
    const links = linksOf(graph, relation);
    for (const { from, key } of links)
      must(graph.get(relation.from, from) !== undefined, `${key} dangles: no ${from} ${name} it`);
    const counts = count(links, ({ from }) => from);
    for (const row of graph.all(relation.from)) {
      const from = keyOf(relation.from, row);
      const related = counts.get(from) ?? 0;
      must(graph.related(name, from) === related, `${name} of ${from} is counted wrongly`);
      if (relation.cardinality === 'one-to-one') must(related <= 1, `${from} ${name} ${related}`);
      if (!relation.walked || relation.cardinality === 'one-to-one') continue;
      const walked = [...graph.many(name as 'hosts', from)].map((to) => keyOf('process', to));
      must(walked.length === related, `${name} of ${from} is walked wrongly`);
    }
  }
};

const checkProcesses = (graph: Graph): void => {
  const processes = [...graph.all('process')];
  unique(
    processes.map(({ endpoint }) => {
      const [prefix, last] = split(endpoint);
      return canonicalPrefix(prefix) + last;
    }),
    'endpoint',
  );
  unique(
    processes.flatMap(({ node, ranges }) =>
      Object.entries(ranges).map(([key, value]) => `${node} ${key}=${value}`),
    ),
    'range value',
  );
  for (const { fid, spec } of processes) {
    const { services } = graph.must('spec', spec).spec;
    const types = [...graph.many('provides', fid)].map(({ type }) => type);
    must(types.join() === services.join(), `${fid} provides ${types.join()}`);
  }
  for (const { id, spec } of graph.all('spec')) {
    must(graph.related('shapes', id) > 0, `spec ${id} is left over`);
    must(graph.indexes.specs.idOf(JSON.stringify(spec)) === id, `spec ${id} is not found`);
  }
  for (const process of processes) {
    const { removing, host } = graph.must('node', process.node);
    const isLeaving = removing || graph.must('host', host).removing || process.removing;
    must(
      !isLeaving || (process.removing && wantedOf(graph, process)?.state !== 'online'),
      `${process.fid} leaves and is wanted online`,
    );
  }
  const roles = count(processes, ({ node, role }) => `${node} ${role}`);
  for (const node of graph.all('node'))
    for (const { name } of graph.all('role'))
      must(
        graph.indexes.rolesOnNodes.count(node.fid, name) ===
          (roles.get(`${node.fid} ${name}`) ?? 0),
        `${name} of ${node.fid} is counted wrongly`,
      );
  for (const { name } of graph.all('role')) {
    const own = processes.filter(({ role }) => role === name);
    must(
      graph.indexes.rolesOnNodes.nodesOf(name) === new Set(own.map(({ node }) => node)).size,
      `nodes of ${name} are counted wrongly`,
    );
    const counts = [...graph.indexes.processLists.countsOf(name).values()];
    must(
      counts.reduce((sum, one) => sum + one, 0) === own.length,
      `processes of ${name} are counted wrongly`,
    );
  }
  const confds = processes.filter(({ spec }) =>
    graph.must('spec', spec).spec.services.includes('CONFD'),
  );
  must(
    [...graph.indexes.confds.all()]
      .map(({ fid }) => fid)
      .sort()
      .join() ===
      confds
        .map(({ fid }) => fid)
        .sort()
        .join(),
    'the confds are not those there are',
  );
};

const checkHosts = (graph: Graph): void => {
  const hosts = [...graph.all('host')];
  const states = count(hosts, ({ state }) => state);
  for (const [state, number] of Object.entries(graph.hostCounts()))
    must(number === (states.get(state) ?? 0), `${state} hosts are counted wrongly`);
  for (const { fqdn, state, removing } of hosts)
    must(
      state !== 'down' ||
        removing ||
        graph.get('recovery', fqdn) !== undefined ||
        graph.get('maintenance', fqdn) !== undefined,
      `${fqdn} is down and nothing is done about it`,
    );
  for (const { host, steps } of graph.all('recovery'))
    must(
      !graph.get('maintenance', host) || (steps?.doing ?? null) !== null,
      `${host} is recovered although somebody works on it`,
    );
  for (const { host } of graph.all('recovery'))
    must(graph.must('host', host).state === 'down', `${host} is recovered and is not down`);
  const blocked = hosts.filter(({ problem }) => problem !== '').map(({ fqdn }) => fqdn);
  must(
    blocked.sort().join() === [...graph.indexes.blockedHosts.all()].sort().join(),
    'blocked hosts are wrong',
  );
};

/**
 * A managed process on its way has exactly one time limit, so that it does not stay there for ever;
 * no other process has one.
 */
const limitOf = (graph: Graph, { fid, spec, state }: ProcessRow): string[] => {
  if (graph.must('spec', spec).spec.ownership === 'independent') return [];
  if (state === 'quiescing' || state === 'stopping') return [`process-stop/${fid}`];
  if (state !== 'starting') return [];
  const isPaused = graph.get('deadline', `process-retry/${fid}`) !== undefined;
  return [isPaused ? `process-retry/${fid}` : `process-start/${fid}`];
};

/** What cools is held by nobody, and is given out by nobody's first choice. */
const coolingIn = (graph: Graph): Set<string> => {
  const { endpoints } = graph.indexes;
  const held = new Set(Array.from(graph.all('process'), ({ endpoint }) => endpoint));
  const cooling = new Set<string>();
  for (const { kind, subject } of graph.all('deadline'))
    if (kind === 'endpoint-cooldown') cooling.add(subject);
  const known = new Map<string, Set<number>>();
  for (const endpoint of new Set([...held, ...cooling])) {
    const [prefix, last] = split(endpoint);
    const cools = cooling.has(endpoint);
    must(!(cools && held.has(endpoint)), `${endpoint} cools and is held`);
    must(endpoints.lowestFree(prefix, last, last) === -1, `${endpoint} counts as free`);
    let under = known.get(prefix);
    if (!under) {
      under = new Set(endpoints.longestFree(prefix, -Infinity, Infinity));
      known.set(prefix, under);
    }
    must(
      under.has(last) === cools,
      `${endpoint} ${cools ? 'does not count' : 'counts'} as cooling`,
    );
  }
  return cooling;
};

const split = (endpoint: string): [prefix: string, last: number] => {
  const at = endpoint.lastIndexOf(':') + 1;
  return [endpoint.slice(0, at), Number(endpoint.slice(at))];
};

/**
 * Follows a log: nobody gets an endpoint that cools down unless there is no other above it, and none
 * there that has been free longer.
 */
export class CooldownChecker {
  readonly #held = new Map<string, string>();
  /** In the order in which they were left. */
  readonly #cooling = new Map<string, number>();

  /** How many were given out again before they had cooled. */
  early = 0;

  check({ revision, at, events }: Commit): void {
    for (const { type, data } of events) {
      const { fid, endpoint, endpoints, cools_until } = data as {
        fid: string;
        endpoint: string;
        endpoints: string[];
        cools_until: number | null;
      };
      if (type === 'EndpointsCooled') for (const one of endpoints) this.#cooling.delete(one);
      else if (type === 'ProcessAdded') {
        if (this.#cooling.has(endpoint)) this.#checkEarly(endpoint);
        this.#cooling.delete(endpoint);
        this.#held.set(fid, endpoint);
      } else if (type === 'ProcessRemoved') {
        const left = this.#held.get(fid)!;
        this.#held.delete(fid);
        must(cools_until === null || cools_until > at, `${left} cooled before it was left`);
        if (cools_until !== null) this.#cooling.set(left, revision);
      }
    }
  }

  #checkEarly(endpoint: string): void {
    this.early += 1;
    const [prefix, last] = split(endpoint);
    const held = new Set(this.#held.values());
    const max = prefix.includes('@') ? 4095 : 65_535;
    for (let other = last; other <= max; other += 1) {
      const one = `${prefix}${other}`;
      const since = this.#cooling.get(one);
      must(held.has(one) || since !== undefined, `${endpoint} was given out, and ${one} is free`);
      must(
        since === undefined || since >= this.#cooling.get(endpoint)!,
        `${endpoint} was given out, and ${one} has been free longer`,
      );
    }
  }
}

/** A campaign has its next turn where a machine of it may be begun now or some time. */
const campaignsDue = (graph: Graph): string[] =>
  [...graph.all('campaign')]
    .filter((row) => turnsOf(row, Infinity).now.length > 0)
    .map(({ id }) => `campaign-turn/${id}`);

const checkDeadlines = (graph: Graph): void => {
  const order = (a: DeadlineRow, b: DeadlineRow): number => a.at - b.at || (a.id < b.id ? -1 : 1);
  const rows = [...graph.all('deadline')].sort(order);
  const waves = rows.filter(({ kind }) => kind === 'cluster-advance');
  const expected = rows.map(({ id }) => id);
  const due = graph.indexes.deadlines.due(Infinity, Infinity).map(({ id }) => id);
  must(due.join() === expected.join(), `due are ${due.join()}, not ${expected.join()}`);
  const subjects = [
    ...[...graph.all('credential')]
      .filter(({ expires }) => expires > 0)
      .map(({ id }) => `credential-expiry/${id}`),
    ...[...graph.all('grant')].map(({ id }) => `grant-expiry/${id}`),
    ...[...graph.all('request')].map(({ id }) => `request-expiry/${id}`),
    ...[...graph.all('process')].flatMap((process) => limitOf(graph, process)),
    ...[...graph.all('departure')].map(({ fid }) => `departure-expiry/${fid}`),
    ...waves.map(({ id }) => id),
    ...Array.from(coolingIn(graph), (endpoint) => `endpoint-cooldown/${endpoint}`),
    ...[...graph.all('order')]
      .filter((row) => isAwaiting(row) && row.awaited.until !== null)
      .map(({ id }) => `host-return/${id}`),
    ...[...graph.all('order')]
      .filter(({ state, turn }) => state === 'waiting' && (turn?.beginBy ?? null) !== null)
      .map(({ id }) => `queue-expiry/${id}`),
    ...[...graph.all('procedure')]
      .filter(({ state }) => state === 'queued')
      .map(({ id }) => `queue-expiry/${id}`),
    ...campaignsDue(graph),
    ...[...graph.all('procedure')].filter(stageOf).map(({ id }) => `stage-expiry/${id}`),
    ...[...graph.all('maintenance')]
      .filter(({ until }) => until !== null)
      .map(({ host }) => `maintenance-expiry/${host}`),
    ...[...graph.all('recovery')]
      .filter(({ given_up }) => !given_up)
      .map(({ host }) => `recovery-attempt/${host}`),
  ];
  must(subjects.sort().join() === expected.sort().join(), 'a deadline is missing or left over');
};

/** One thing at a time is done with a machine; what has ended has nothing under way. */
const checkQueues = (graph: Graph): void => {
  for (const { fqdn } of graph.all('host')) {
    const procedures = [...graph.many('undergoes', fqdn)];
    const running = procedures.filter(({ state }) => state === 'running');
    must(running.length <= 1, `two procedures have ${fqdn}`);
    for (const row of graph.many('obeys', fqdn)) {
      const isOwn = row.procedure !== undefined;
      must(
        !(row.state === 'begun' && !isOwn && running.length > 0),
        `${row.id} and a procedure have the machine`,
      );
      const of = procedures.find(({ created }) => created === row.procedure);
      must(
        !(row.state === 'waiting' && of && isOver(of)),
        `${row.id} waits for the turn of a procedure that is over`,
      );
    }
    for (const row of running)
      must(stageOf(row) !== undefined, `${row.id} is in no stage and has not ended`);
  }
};

/** A machine is in one project at most, since a commit that is told where it was told. */
const checkProjects = (graph: Graph): void => {
  for (const { fqdn, project, lent, attached, changed } of graph.all('host')) {
    must(project !== null || lent === undefined, `${fqdn} is lent to nobody`);
    must(
      attached === undefined || lent !== undefined,
      `${fqdn} is attached since nobody knows when`,
    );
    must(lent === undefined || lent <= changed, `${fqdn} is lent later than it changed`);
  }
  for (const { id, credential, project } of graph.all('member')) {
    must(id === `${credential}/${project}`, `${id} is a member under another name`);
    must(graph.must('credential', credential).role === 'member', `${credential} is no member`);
  }
  for (const { id, opener } of graph.all('opening')) {
    const [session, by] = [graph.must('credential', id), graph.must('credential', opener)];
    must(session.opener === opener && by.opener === undefined, `${id} was opened by another`);
    must(session.role === by.role && session.user === by.user, `${id} may what ${opener} may not`);
    must(by.expires === 0 || session.expires <= by.expires, `${id} ends later than ${opener}`);
  }
};

/** @throws {Error} what does not hold */
const checkRegistrations = (graph: Graph): void => {
  const registrations = [...graph.all('registration')];
  unique(
    registrations.map(({ obmd, label }) => `${obmd} ${label}`),
    'label',
  );
  for (const { obmd, label, host } of registrations)
    must(graph.indexes.obmLabels.hostOf(obmd, label) === host, `${label} is not found`);
  const daemons = Map.groupBy(registrations, ({ obmd }) => obmd);
  const { obmLabels } = graph.indexes;
  must([...obmLabels.daemons()].sort().join() === [...daemons.keys()].sort().join(), 'daemons');
  for (const [obmd, theirs] of daemons) {
    const hosts = theirs.map(({ host }) => host);
    must(obmLabels.countOf(obmd) === hosts.length, `${obmd} has another number of OBMs`);
    must([...obmLabels.hostsOf(obmd)].sort().join() === hosts.sort().join(), `OBMs of ${obmd}`);
  }
  for (const { host } of graph.all('observation'))
    must(graph.get('registration', host) !== undefined, `${host} is seen by nobody`);
  for (const { obmd } of graph.all('feed')) must(daemons.has(obmd), `${obmd} has no OBM of ours`);
};

export const checkGraph = (graph: Graph): void => {
  checkRelations(graph);
  checkProcesses(graph);
  checkHosts(graph);
  checkLists(graph);
  checkProjects(graph);
  checkQueues(graph);
  checkRegistrations(graph);
  checkDeadlines(graph);
  checkStations(graph);
};

/**
 * Follows a log, commit by commit: revisions without gaps, time that does not run backwards, no fid
 * twice.
 */
export class LogChecker {
  #revision = 0;
  #at = 0;
  #lastKey = 0;

  check({ revision, at, events }: Commit): void {
    must(revision === this.#revision + 1, `revision ${revision} after ${this.#revision}`);
    must(at >= this.#at, `time ran back to ${at}`);
    must(events.length > 0, 'an empty commit');
    for (const [i, { cause }] of events.entries())
      must(cause === undefined || cause < i, `event ${i} is caused by ${cause}`);
    for (const fid of events.flatMap(newFids)) {
      const key = fidKey(fid as never);
      must(key > this.#lastKey, `fid ${fid} after key ${this.#lastKey}`);
      this.#lastKey = key;
    }
    [this.#revision, this.#at] = [revision, at];
  }
}

/** Pools and profiles are left out: they are declared again with the fids they have. */
const newFids = ({ type, data }: Commit['events'][number]): readonly string[] => {
  const { fid, services = [] } = data as { fid: string; services?: readonly string[] };
  return type === 'NodeAdded' ? [fid] : type === 'ProcessAdded' ? [fid, ...services] : [];
};

/**
 * Follows a log: a machine is lent to one project at a time, and to another one only when it was taken back, whoever asks.
 */
export class LendingChecker {
  readonly #lent = new Map<string, string>();

  check({ events }: Commit): void {
    for (const { type, data } of events) {
      const { fqdn, project, from, to, kind, name } = data as Record<string, string>;
      const owner = this.#lent.get(fqdn!);
      if (type === 'MachineAttached') {
        must(
          owner === undefined || owner === project,
          `${fqdn} is lent to ${owner} and ${project}`,
        );
        this.#lent.set(fqdn!, project!);
      } else if (type === 'MachineDetached') {
        must(owner === project, `${fqdn} is taken from ${project}, which has not got it`);
        this.#lent.delete(fqdn!);
      } else if (type === 'HostRemoved') this.#lent.delete(fqdn!);
      else if (type === 'HostRenamed') {
        const moved = this.#lent.get(from!);
        if (moved !== undefined) this.#lent.set(to!, moved);
        this.#lent.delete(from!);
      } else if (
        type === 'ProjectDeleted' ||
        (type === 'DeclarationWithdrawn' && kind === 'project')
      )
        for (const [machine, its] of [...this.#lent]) {
          if (its !== name) continue;
          must(type !== 'ProjectDeleted', `${name} was deleted and had ${machine}`);
          this.#lent.delete(machine);
        }
    }
  }

  /** Whether the graph says the same. */
  agrees(graph: Graph): void {
    for (const { fqdn, project } of graph.all('host'))
      must(project === (this.#lent.get(fqdn) ?? null), `${fqdn} is in ${project}, says the graph`);
  }
}
