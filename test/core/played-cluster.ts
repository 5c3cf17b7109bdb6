/** A cluster of managed processes whose clock, agents and operators a test plays. */

import type { Command } from '../../src/core/commands/index.ts';
import type { ObservedState, ReportProcess } from '../../src/core/commands/report-process.ts';
import type { Engine, Outcome } from '../../src/core/engine.ts';
import type { EventData, EventType } from '../../src/core/events/catalogue.ts';
import type { Commit, EventRecord } from '../../src/core/events/commit.ts';
import type { Graph } from '../../src/core/graph/graph.ts';
import type { ProcessRow } from '../../src/core/graph/rows/processes.ts';
import type { Fid } from '../../src/core/values/fid.ts';
import type { Rejection } from '../../src/core/values/rejection.ts';
import {
  add,
  load,
  newEngine,
  nodeDown,
  nodeUp,
  noon,
  observe,
  roleSource,
  submit,
} from './scenario.ts';
import type { Template } from './scenario.ts';

const managed = (portal: number, boot_level: number, change: Partial<Template> = {}): Template => ({
  endpoint: `{lnid}:12345:${portal}:1`,
  ownership: 'managed',
  boot_level,
  ...change,
});

/** Roles on four boot levels, some of which require others. */
const table: Readonly<Record<string, readonly Template[]>> = {
  ha: [managed(1, 0, { type: 'ha' })],
  confd: [managed(2, 1)],
  store: [managed(3, 2)],
  s3: [managed(4, 3)],
  early: [managed(5, 1)],
  late: [managed(6, 3)],
  app: [managed(7, 3, { ownership: 'independent' })],
  voter: [managed(8, 1, { services: ['CONFD', 'RMS'] })],
};

export const playedRequirements: Readonly<Record<string, readonly string[]>> = {
  confd: ['ha'],
  store: ['confd'],
  s3: ['ha'],
  early: ['late'],
};

export const playedRoles: readonly string[] = Object.keys(table);

const address = (host: string): string => `10.0.0.${host.slice(1, host.indexOf('.'))}`;

export class PlayedCluster {
  readonly engine: Engine = newEngine(table);
  now = noon;

  readonly #watch: (commit: Commit, graph: Graph) => void;

  /** Hosts are `n1.example`, `n2.example`, …; each gets its roles in order. */
  constructor(
    hosts: Readonly<Record<string, readonly string[]>> = {},
    watch: (commit: Commit, graph: Graph) => void = () => undefined,
    requirements = playedRequirements,
  ) {
    this.#watch = watch;
    const roles = playedRoles.map((name) =>
      roleSource(name, { requires: requirements[name] ?? [] }),
    );
    this.run(load({ roles }));
    for (const [host, wanted] of Object.entries(hosts)) {
      this.up(host);
      for (const role of wanted) this.run(add(host, role));
    }
  }

  get graph(): Graph {
    return this.engine.graph;
  }

  up(host: string, boot = 'boot 1'): string[] {
    return this.run(nodeUp(host, address(host), { boot_id: boot }));
  }

  down(host: string): string[] {
    return this.run(nodeDown(host));
  }

  /** The oldest process of a role, on any host or on one. */
  fid(role: string, host?: string): Fid {
    const [first] = this.fids(role, host);
    if (!first) throw new Error(`there is no ${role}`);
    return first;
  }

  fids(role: string, host?: string): Fid[] {
    return [...this.graph.all('process')]
      .filter((row) => row.role === role && (host === undefined || this.hostOf(row) === host))
      .map(({ fid }) => fid);
  }

  hostOf({ node }: ProcessRow): string {
    return this.graph.must('node', node).host;
  }

  row(fid: Fid): ProcessRow {
    return this.graph.must('process', fid);
  }

  /** The states of the processes of a host, by role. */
  states(host = 'n1.example'): Record<string, string> {
    const rows = [...this.graph.all('process')].filter((row) => this.hostOf(row) === host);
    return Object.fromEntries(rows.map(({ role, state }) => [role, state]));
  }

  attempt(command: Command): Outcome {
    const outcome = submit(this.engine, command, { at: this.now });
    if (outcome.kind === 'committed') this.#watch(outcome.commit, this.graph);
    return outcome;
  }

  commit(command: Command): Commit | null {
    const outcome = this.attempt(command);
    if (outcome.kind === 'rejected') throw new Error(JSON.stringify(outcome.rejection));
    return outcome.kind === 'committed' ? outcome.commit : null;
  }

  /** What followed from a command, told in short. */
  run(command: Command): string[] {
    const names = new Map([...this.graph.all('process')].map(({ fid, role }) => [fid, role]));
    const commit = this.commit(command);
    return (commit?.events ?? []).flatMap((event) => told(event, names, this.now));
  }

  refusal(command: Command): Rejection {
    const outcome = this.attempt(command);
    if (outcome.kind !== 'rejected') throw new Error(`not refused: ${JSON.stringify(outcome)}`);
    return outcome.rejection;
  }

  /** Its agent reports about its present generation. */
  says(fid: Fid, state: ObservedState, change: Partial<ReportProcess> = {}): string[] {
    const row = this.row(fid);
    const host = this.hostOf(row);
    return this.run(observe(fid, row.generation, state, { host, ...change }));
  }

  /** Time passes, and what is due happens. */
  after(ms: number, away: readonly string[] = []): string[] {
    this.now += ms;
    return this.run({ type: 'FireDeadlines', away: new Set(away) });
  }

  /** Agents report every process online that is being started, until there is no more to do. */
  settle(): void {
    for (;;) {
      const starting = [...this.graph.all('process')].filter(({ state }) => state === 'starting');
      if (starting.length === 0) return;
      for (const { fid } of starting) this.says(fid, 'online', { pid: 100 });
    }
  }
}

type Teller<T extends EventType> = (
  data: EventData<T>,
  name: (fid: Fid) => string,
  now: number,
) => string;

const tellers: { readonly [T in EventType]?: Teller<T> } = {
  ProcessStarting: ({ fid, attempt }, name) =>
    `start ${name(fid)}${attempt === 1 ? '' : ` again (${attempt})`}`,
  ProcessRetryScheduled: ({ fid, attempt, at }, name, now) =>
    `retry ${name(fid)} (${attempt}) in ${(at - now) / 1000} s`,
  ProcessStopOrdered: ({ fid }, name) => `stop ${name(fid)}`,
  ProcessStateChanged: ({ fid, state, reason }, name) =>
    `${name(fid)} ${state}${reason === '' ? '' : `: ${reason}`}`,
  ProcessRunning: ({ fid, pid }, name) => `${name(fid)} has pid ${pid}`,
  ProcessRemovalOrdered: ({ fid }, name) => `remove ${name(fid)}`,
  ProcessRemoved: ({ fid }, name) => `${name(fid)} gone`,
  ProcessAdded: ({ role }) => `${role} added`,
  NodeRemovalOrdered: () => 'remove node',
  NodeRemoved: () => 'node gone',
  HostRemovalOrdered: ({ fqdn }) => `remove ${fqdn}`,
  HostRemoved: ({ fqdn }) => `${fqdn} gone`,
  DeadlinePostponed: ({ id }, name) => {
    const [kind, fid] = id.split('/') as [string, Fid];
    return `${kind} of ${name(fid)} later`;
  },
  RecoveryAttempted: ({ fqdn, attempt, next }, _name, now) =>
    `attempt ${attempt} on ${fqdn}, next in ${(next - now) / 1000} s`,
  RecoveryStepBegun: ({ fqdn, step }) => `${step.kind} ${fqdn}`,
  RecoveryStepEnded: ({ fqdn, outcome }) => `${fqdn}: ${outcome}`,
  RecoveryExhausted: ({ fqdn, attempts }) => `${fqdn} given up after ${attempts}`,
  VarSet: ({ name, value }) => `${name} = ${value}`,
};

const told = (
  { type, data }: EventRecord,
  names: ReadonlyMap<Fid, string>,
  now: number,
): string[] => {
  const tell: Teller<EventType> | undefined = tellers[type as EventType];
  return tell ? [tell(data as never, (fid) => names.get(fid) ?? 'new', now)] : [];
};
