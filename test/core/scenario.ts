/**
 * Given what happened, when a command comes, then these events follow or it is refused. The engine
 * is the real one; roles are rendered from a table, so that a test of the core shows what a role
 * gives without a template language.
 */

import type { Test } from 'tap';
import type { Command } from '../../src/core/commands/index.ts';
import type { ObservedState, ReportProcess } from '../../src/core/commands/report-process.ts';
import { Engine } from '../../src/core/engine.ts';
import type { Outcome, Submission } from '../../src/core/engine.ts';
import type { EventData, EventDraft, EventType } from '../../src/core/events/catalogue.ts';
import type { Commit } from '../../src/core/events/commit.ts';
import { Graph } from '../../src/core/graph/graph.ts';
import type { Declaration, DeclaredHost } from '../../src/core/values/facts.ts';
import { fidKey } from '../../src/core/values/fid.ts';
import type { Fid } from '../../src/core/values/fid.ts';
import type { HostFacts } from '../../src/core/values/host-facts.ts';
import type { Rejection } from '../../src/core/values/rejection.ts';
import { revision } from '../../src/core/values/revision.ts';
import { defaultReadiness } from '../../src/core/values/roles.ts';
import type {
  ProcessSpec,
  RenderProblem,
  RenderRole,
  RoleSource,
  Variables,
} from '../../src/core/values/roles.ts';
import type { ProcessState, WantedState } from '../../src/core/values/states.ts';

/** A process template of the table. */
export interface Template extends Partial<ProcessSpec> {
  /** `{lnid}` stands for the host's LNet id. */
  readonly endpoint: string;
  /** A number that cannot be overridden; absent: the override `multiplicity`, else 1. */
  readonly multiplicity?: number;
}

const blank: Omit<ProcessSpec, 'name' | 'unit'> = {
  type: 'client',
  ownership: 'independent',
  boot_level: 3,
  memory: { as: 0, rss: 0, stack: 0, memlock: 0 },
  cores: [],
  services: ['RMS'],
  environment: {},
  ranges: {},
  command: [],
  ready: defaultReadiness,
};

/** The shipped roles of Halon as far as allocation is concerned, and some that only tests need. */
export const templates: Readonly<Record<string, readonly Template[]>> = {
  ha: [{ endpoint: '{lnid}:12345:34:101', type: 'ha', services: ['HA', 'RMS'], boot_level: 0 }],
  confd: [
    {
      endpoint: '{lnid}:12345:44:101',
      type: 'server',
      ownership: 'managed',
      services: ['CONFD', 'RMS'],
    },
  ],
  m0t1fs: [{ endpoint: '{lnid}:12345:41:301', type: 'filesystem' }],
  'clovis-app': [{ endpoint: '{lnid}:12345:41:302', multiplicity: 4 }],
  s3server: [
    {
      endpoint: '{lnid}:12345:41:303',
      multiplicity: 4,
      ownership: 'managed',
      ranges: { MERO_S3SERVER_PORT: [8081, 8099] },
    },
  ],
  app: [{ endpoint: '{lnid}:12345:41:400' }],
  last: [{ endpoint: '{lnid}:12345:41:4094' }],
  ported: [{ endpoint: '{lnid}:12345:41:500', ranges: { PORT: [9000, 9002] } }],
  web: [{ endpoint: 'www.example:65534' }],
  solo: [{ endpoint: '{lnid}:12345:45:1', ownership: 'managed' }],
  nowhere: [{ endpoint: 'not an endpoint' }],
  pair: [
    { endpoint: '{lnid}:12345:42:1', name: 'left' },
    { endpoint: '{lnid}:12345:42:1', name: 'right', services: ['RMS', 'CAS', 'ISCS'] },
  ],
};

/** Which roles require which. */
export const requirements: Readonly<Record<string, readonly string[]>> = {
  confd: ['ha'],
  m0t1fs: ['ha'],
  'clovis-app': ['ha'],
  s3server: ['ha'],
};

/** Renders from a table of templates; a real, if small, {@link RenderRole}. */
export const renderFrom =
  (table: Readonly<Record<string, readonly Template[]>>): RenderRole =>
  (role, variables, overrides) => {
    const refuse = (code: RenderProblem['code'], message: string, name: string) => ({
      ok: false as const,
      problem: { code, message, file: role.file, line: role.line, name },
    });
    const rendered = table[role.name];
    if (!rendered) return refuse('template-error', `${role.name} has no template`, role.name);
    const stranger = Object.keys(overrides).find((name) => name !== 'multiplicity');
    if (stranger !== undefined) return refuse('unknown-override', 'not used', stranger);
    const asked = overrides['multiplicity'];
    if (asked !== undefined) {
      if (rendered.some(({ multiplicity }) => multiplicity !== undefined))
        return refuse('multiplicity-fixed', `${role.name} fixes it`, 'multiplicity');
      if (!Number.isInteger(asked) || Number(asked) < 1 || Number(asked) > 10_000)
        return refuse('invalid-multiplicity', 'must be 1..10,000', 'multiplicity');
    }
    const lnid = variables['lnid'];
    if (lnid === undefined && rendered.some(({ endpoint }) => endpoint.includes('{lnid}')))
      return refuse('unknown-variable', 'lnid has no value', 'lnid');
    return {
      ok: true,
      templates: rendered.map(({ endpoint, multiplicity, ...spec }) => ({
        endpoint: endpoint.replace('{lnid}', lnid as string),
        multiplicity: multiplicity ?? Number(asked ?? 1),
        spec: { ...blank, name: role.name, unit: spec.name ?? role.name, ...spec },
      })),
    };
  };

export const roleSource = (name: string, change: Partial<RoleSource> = {}): RoleSource => ({
  name,
  format: 'native',
  text: `- role: ${name}\n`,
  file: 'roles/test.yaml',
  line: 1,
  requires: requirements[name] ?? [],
  ...change,
});

export const allRoles: readonly RoleSource[] = Object.keys(templates).map((n) => roleSource(n));

/** Loads a declaration: all roles of the table, one profile, and what a test adds. */
export const load = (change: Partial<Declaration> = {}): Command => ({
  type: 'LoadDeclaration',
  declaration: {
    cluster: 'galileo',
    enclosures: [],
    hosts: [],
    pools: [],
    profiles: [{ name: 'default', pools: [] }],
    roles: allRoles,
    vars: {},
    recovery: null,
    ...change,
  },
});

export const declaredHost = (
  fqdn: string,
  roles: readonly (string | { name: string; overrides: Variables })[] = [],
  change: Partial<DeclaredHost> = {},
): DeclaredHost => ({
  fqdn,
  roles: roles.map((role) => (typeof role === 'string' ? { name: role, overrides: {} } : role)),
  enclosure: null,
  variables: {},
  obm: null,
  project: null,
  devices: [],
  recovery: null,
  ...change,
});

export const facts = (address: string, change: Partial<HostFacts> = {}): HostFacts => ({
  agent: `agent of ${address}`,
  address,
  lnid: `${address}@tcp`,
  interfaces: [{ name: 'eth0', address }],
  memory_mib: 1000,
  cpus: 2,
  kernel: '6.1.0',
  boot_id: 'boot 1',
  version: '0.1.0',
  ...change,
});

export const nodeUp = (
  fqdn: string,
  address = '10.0.0.1',
  change: Partial<HostFacts> = {},
): Command => ({ type: 'ReportNodeUp', fqdn, facts: facts(address, change), speaksFor: null });

export const add = (host: string, ...roles: (string | [string, Variables])[]): Command => ({
  type: 'AddProcesses',
  host,
  roles: roles.map((role) =>
    typeof role === 'string'
      ? { name: role, overrides: {} }
      : { name: role[0], overrides: role[1] },
  ),
  tokens: false,
});

export const remove = (fid: Fid, force = false): Command => ({
  type: 'RemoveProcess',
  fid,
  force,
});

export const report = (fid: Fid, state: 'starting' | 'online' | 'offline' | 'failed'): Command => ({
  type: 'ReportProcessState',
  fid,
  state,
  reason: '',
});

/** What the agent of a host reports of a managed process. */
export const observe = (
  fid: Fid,
  generation: number,
  state: ObservedState,
  change: Partial<ReportProcess> = {},
): ReportProcess => ({
  type: 'ReportProcess',
  host: 'n1.example',
  fid,
  generation,
  state,
  pid: null,
  reason: '',
  ...change,
});

export const wantProcess = (fid: Fid, state: WantedState, force = false): Command => ({
  type: 'WantProcess',
  fid,
  state,
  force,
});

export const wantNode = (fid: Fid, state: WantedState, force = false): Command => ({
  type: 'WantNode',
  fid,
  state,
  force,
});

export const removeNode = (fid: Fid, force = false): Command => ({
  type: 'RemoveNode',
  fid,
  force,
});

export const removeHost = (fqdn: string, force = false): Command => ({
  type: 'RemoveHost',
  fqdn,
  force,
});

export const wantCluster = (state: WantedState): Command => ({ type: 'WantCluster', state });

export const override = (fid: Fid, state: ProcessState, reason = 'I looked'): Command => ({
  type: 'OverrideState',
  fid,
  state,
  reason,
});

export const scale = (host: string, role: string, to: number, force = false): Command => ({
  type: 'ScaleRole',
  host,
  role,
  to,
  overrides: {},
  force,
});

export const setVars = (vars: Readonly<Record<string, number>>): Command => ({
  type: 'SetVars',
  vars,
});

export const nodeDown = (fqdn: string, reason = 'silence'): Command => ({
  type: 'ReportNodeDown',
  fqdn,
  reason,
});

/** SHA-256s of tokens are given by the fid here, so that a test can tell them apart. */
const mint = (fid: Fid): { id: string; hash: string } => ({
  id: `p${fidKey(fid)}`,
  hash: fidKey(fid).toString(16).padStart(64, '0'),
});

export const newEngine = (table = templates, graph = new Graph()): Engine =>
  new Engine({ renderer: () => renderFrom(table), mint }, { graph, head: revision(0), at: 0 });

/** A Saturday in 2026, ms since the epoch. */
export const noon = 1_790_000_000_000;

const submission = (conditions: Partial<Submission>): Submission => ({
  at: noon,
  actor: 'token:test',
  correlation: 'request 1',
  ...conditions,
});

/** Submits and confirms, like a log that never fails. */
export const submit = (
  engine: Engine,
  command: Command,
  conditions: Partial<Submission> = {},
): Outcome => {
  const outcome = engine.submit(command, submission(conditions));
  if (outcome.kind === 'committed') engine.confirm(outcome.commit.revision);
  return outcome;
};

/** The commit of a command that must succeed and change something. */
export const commitOf = (
  engine: Engine,
  command: Command,
  conditions: Partial<Submission> = {},
): Commit => {
  const outcome = submit(engine, command, conditions);
  if (outcome.kind !== 'committed') throw new Error(`not committed: ${JSON.stringify(outcome)}`);
  return outcome.commit;
};

export const dryRun = (
  engine: Engine,
  command: Command,
  conditions: Partial<Submission> = {},
): ReturnType<Engine['dryRun']> => engine.dryRun(command, submission(conditions));

/** The data of a commit's events of one type. */
export const dataOf = <T extends EventType>({ events }: Commit, type: T): EventData<T>[] =>
  events.filter((event) => event.type === type).map(({ data }) => data as EventData<T>);

/** The processes that a command adds, as they are recorded. */
export const addedBy = (engine: Engine, command: Command): EventData<'ProcessAdded'>[] =>
  dataOf(commitOf(engine, command), 'ProcessAdded');

/** The refusal of a command that must be refused. */
export const rejectionOf = (
  engine: Engine,
  command: Command,
  conditions: Partial<Submission> = {},
): Rejection => {
  const outcome = submit(engine, command, conditions);
  if (outcome.kind !== 'rejected') throw new Error(`not rejected: ${JSON.stringify(outcome)}`);
  return outcome.rejection;
};

interface When {
  /** Type and data of every event, in order. */
  readonly then: (t: Test, expected: readonly EventDraft[]) => Engine;
  /** Nothing to append. */
  readonly thenNothing: (t: Test) => Engine;
  /** Refused, and the graph is as before. */
  readonly thenRejected: (t: Test, expected: Partial<Rejection>) => Engine;
}

export const given = (
  ...history: readonly Command[]
): { when: (command: Command, conditions?: Partial<Submission>) => When; engine: Engine } => {
  const engine = newEngine();
  for (const command of history) {
    const outcome = submit(engine, command);
    if (outcome.kind === 'rejected') throw new Error(JSON.stringify(outcome.rejection));
  }
  return {
    engine,
    when: (command, conditions = {}) => {
      const before = engine.graph.digest();
      const outcome = submit(engine, command, conditions);
      return {
        then: (t, expected) => {
          if (outcome.kind !== 'committed') t.fail('not committed', { outcome });
          else
            t.strictSame(
              outcome.commit.events.map(({ type, data }) => ({ type, data })),
              expected,
            );
          return engine;
        },
        thenNothing: (t) => {
          t.strictSame(outcome, { kind: 'unchanged', revision: engine.head });
          t.equal(engine.graph.digest(), before);
          return engine;
        },
        thenRejected: (t, expected) => {
          if (outcome.kind !== 'rejected') t.fail('not rejected', { outcome });
          else t.match(outcome.rejection, expected);
          t.equal(engine.graph.digest(), before, 'nothing happened');
          return engine;
        },
      };
    },
  };
};
