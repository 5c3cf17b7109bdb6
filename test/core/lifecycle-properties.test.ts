/** Whatever happens to processes, they go as the table says, and in the end they get somewhere. */

import fc from 'fast-check';
import t from 'tap';
import type { Command } from '../../src/core/commands/index.ts';
import type { Commit } from '../../src/core/events/commit.ts';
import type { Graph } from '../../src/core/graph/graph.ts';
import type { ProcessRow } from '../../src/core/graph/rows/processes.ts';
import { specOf } from '../../src/core/lifecycle/process.ts';
import { Requirements } from '../../src/core/lifecycle/requirements.ts';
import { wantedOf } from '../../src/core/lifecycle/wanted.ts';
import { assignmentsOf } from '../../src/station/duties/assignments.ts';
import { checkGraph, LogChecker, RecoveryChecker, TransitionChecker } from './invariants.ts';
import { PlayedCluster, playedRoles } from './played-cluster.ts';
import { check, lifecycle } from './random-commands.ts';
import { add, declaredHost, load, newEngine, observe } from './scenario.ts';

const hosts = ['n1.example', 'n2.example', 'n3.example'];
const host = fc.constantFrom(...hosts);
const role = fc.constantFrom(...playedRoles);

interface Step {
  /** Ms that pass first. */
  readonly pause: number;
  readonly act: Command | ((graph: Graph) => Command) | { readonly up: string };
}

const act: fc.Arbitrary<Step['act']> = fc.oneof(
  { weight: 12, arbitrary: lifecycle },
  { weight: 3, arbitrary: fc.tuple(host, role).map(([fqdn, name]) => add(fqdn, name)) },
  {
    weight: 1,
    arbitrary: fc
      .tuple(host, fc.uniqueArray(role, { maxLength: 3 }))
      .map(([fqdn, roles]) => load({ roles: [], hosts: [declaredHost(fqdn, roles)] })),
  },
  { weight: 2, arbitrary: host.map((up) => ({ up })) },
  {
    weight: 1,
    arbitrary: host.map((fqdn): Command => ({ type: 'ReportNodeDown', fqdn, reason: 'silence' })),
  },
  { weight: 4, arbitrary: fc.constant<Command>({ type: 'FireDeadlines' }) },
);

const step: fc.Arbitrary<Step> = fc.record({
  pause: fc.constantFrom(0, 0, 0, 1000, 5000, 60_000, 180_000, 600_000),
  act,
});

const must = (holds: boolean, what: string): void => {
  if (!holds) throw new Error(what);
};

/** Checks after every commit what must hold of every log and graph. */
const watcher = (): ((commit: Commit, graph: Graph) => void) => {
  const [log, transitions, replica] = [new LogChecker(), new TransitionChecker(), newEngine()];
  const recoveries = new RecoveryChecker();
  return (commit, graph) => {
    log.check(commit);
    transitions.check(commit);
    recoveries.check(commit, graph);
    replica.replay(commit);
    must(replica.graph.digest() === graph.digest(), 'the digest of the replay');
    checkGraph(graph);
  };
};

const play = (c: PlayedCluster, { pause, act: wanted }: Step): void => {
  c.now += pause;
  if (typeof wanted === 'function') c.attempt(wanted(c.graph));
  else if ('up' in wanted) c.up(wanted.up);
  else c.attempt(wanted);
};

/** What is left of a random history when all its hosts are back. */
const played = (sequence: readonly Step[]): PlayedCluster => {
  const begun = { 'n1.example': ['s3', 'late'], 'n2.example': ['store', 'app'] };
  const c = new PlayedCluster(begun, watcher());
  for (const each of sequence) play(c, each);
  for (const fqdn of hosts) if (c.graph.get('host', fqdn)) c.up(fqdn);
  return c;
};

/** Every agent does what it is told, and reports: some processes work, some do not. */
const obey = (c: PlayedCluster, works: (process: ProcessRow) => boolean): void => {
  for (const fqdn of hosts)
    for (const { fid, generation, run } of assignmentsOf(c.graph, fqdn)) {
      const process = c.graph.get('process', fid);
      if (process?.generation !== generation) continue;
      const state = run && works(process) ? 'online' : 'exited';
      c.commit(observe(fid, generation, state, { host: fqdn, pid: 1 }));
    }
};

const isOnItsWay = ({ state }: ProcessRow): boolean =>
  state === 'starting' || state === 'quiescing' || state === 'stopping';

/** Where a managed process may be when nothing more happens. */
const isAtRest = (graph: Graph, process: ProcessRow): boolean => {
  if (isOnItsWay(process)) return false;
  const wanted = wantedOf(graph, process)?.state;
  if (wanted === 'online')
    return (
      process.state === 'online' ||
      !new Requirements(graph, process.node).comes(process) ||
      process.state === 'failed'
    );
  return wanted === undefined || process.state !== 'online';
};

const processDeadline = (graph: Graph): number | undefined =>
  graph.indexes.deadlines.due(Infinity, Infinity).find(({ kind }) => kind.startsWith('process-'))
    ?.at;

t.test('every change is in the table, and when agents obey everything comes to rest', async (t) => {
  const steps = fc.array(step, { minLength: 5, maxLength: 60, size: 'max' });
  const reached = new Map<string, number>();
  const property = fc.property(steps, fc.nat(), (sequence, seed) => {
    const c = played(sequence);
    const works = ({ fid, attempt }: ProcessRow): boolean =>
      (fid.charCodeAt(fid.length - 1) + attempt + seed) % 3 > 0;
    const isStable = (process: ProcessRow): boolean => process.state === 'online' || works(process);
    let rounds = 0;
    for (;;) {
      const before = c.engine.head;
      obey(c, isStable);
      const next = processDeadline(c.graph);
      if (next === undefined && c.engine.head === before) break;
      if (next !== undefined && c.engine.head === before) c.after(Math.max(0, next - c.now));
      rounds += 1;
      must(rounds < 500, 'it never comes to rest');
    }
    for (const process of c.graph.all('process')) {
      reached.set(process.state, (reached.get(process.state) ?? 0) + 1);
      must(!process.removing, `${process.fid} was to be removed`);
      if (specOf(c.graph, process).ownership === 'managed')
        must(isAtRest(c.graph, process), `${process.fid} is ${process.state}`);
    }
    for (const kind of ['node', 'host'] as const)
      must(![...c.graph.all(kind)].some(({ removing }) => removing), `a ${kind} was to be removed`);
  });
  check(t, property, 300);
  t.comment(Object.fromEntries(reached));
});

t.test('a process on its way gets somewhere although no agent ever reports', async (t) => {
  const steps = fc.array(step, { minLength: 5, maxLength: 40, size: 'max' });
  const property = fc.property(steps, (sequence) => {
    const c = played(sequence);
    for (let rounds = 0; processDeadline(c.graph) !== undefined; rounds += 1) {
      must(rounds < 500, 'it never comes to rest');
      c.after(Math.max(0, processDeadline(c.graph)! - c.now));
    }
    for (const process of c.graph.all('process'))
      if (specOf(c.graph, process).ownership === 'managed')
        must(!isOnItsWay(process), `${process.fid} is ${process.state}`);
  });
  check(t, property, 200);
});
