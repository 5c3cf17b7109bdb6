/** Random commands that make sense often enough: they name what is there, or nearly. */

import fc from 'fast-check';
import type { Test } from 'tap';
import type { Command } from '../../src/core/commands/index.ts';
import { observedStates } from '../../src/core/commands/report-process.ts';
import type { Submission } from '../../src/core/engine.ts';
import type { Graph } from '../../src/core/graph/graph.ts';
import { requestMemory } from '../../src/core/graph/remembering.ts';
import type { ProcessRow } from '../../src/core/graph/rows/processes.ts';
import type { Fid } from '../../src/core/values/fid.ts';
import type { ObmOrder } from '../../src/core/values/obm.ts';
import { actEnds } from '../../src/core/values/procedures.ts';
import { projectRoles } from '../../src/core/values/projects.ts';
import { sshDefaults, stepOutcomes } from '../../src/core/values/recovery-policy.ts';
import type { RecoveryStep } from '../../src/core/values/recovery-policy.ts';
import type { Json } from '../../src/core/values/roles.ts';
import { processStates } from '../../src/core/values/states.ts';
import {
  add,
  allRoles,
  declaredHost,
  load,
  nodeUp,
  noon,
  override,
  remove,
  removeHost,
  removeNode,
  report,
  scale,
  setVars,
  wantCluster,
  wantNode,
  wantProcess,
} from './scenario.ts';

/** A step as fast-check makes and shrinks it. What it means depends on the graph it meets. */
export interface Step {
  readonly command: Command | ((graph: Graph) => Command);
  /** Ms by which the clock moves first. */
  readonly clock: number;
  readonly conditions: Partial<Submission>;
}

const hosts = ['n1.example', 'n2.example', 'n3.example', 'n4.example'];
// Two hosts share an address, so that they compete for its endpoints.
const addresses = ['10.0.0.1', '10.0.0.1', '10.0.0.3', '10.0.0.4'];
const roles = allRoles.map(({ name }) => name);
const noFid = '0x7200000000000001:0xfffffff' as Fid;
const noNode = '0x6e00000000000001:0xfffffff' as Fid;

const policies: RecoveryStep[][] = [
  [],
  [{ ...sshDefaults, times: 100 }],
  [{ kind: 'wait', seconds: 30 }, sshDefaults, { kind: 'wait', seconds: 60 }, sshDefaults],
];

const host = fc.constantFrom(...hosts);
const role = fc.oneof(
  { weight: 20, arbitrary: fc.constantFrom(...roles.filter((name) => name !== 'nowhere')) },
  { weight: 1, arbitrary: fc.constantFrom('nowhere', 'nonesuch') },
);
const overrides = fc.oneof(
  { weight: 4, arbitrary: fc.constant({}) },
  { weight: 2, arbitrary: fc.record({ multiplicity: fc.integer({ min: 1, max: 5 }) }) },
  { weight: 1, arbitrary: fc.constantFrom({ multiplicity: 0 }, { multiplicity: 4000 }, { x: 1 }) },
);
const declared = fc.record({
  fqdn: host,
  roles: fc.array(fc.record({ name: role, overrides }), { maxLength: 3 }),
  lnid: fc.option(fc.constantFrom('10.0.0.1@tcp', '10.0.0.8@tcp')),
  enclosure: fc.option(fc.constantFrom('e1', 'e2')),
  project: fc.option(fc.constantFrom('weather', 'climate')),
  variables: fc.dictionary(
    // Of keys with a backslash see `keyWithBackslash`.
    fc.string({ maxLength: 3 }).map((key) => key.replaceAll('\\', '/')),
    fc.jsonValue({ maxDepth: 2 }) as fc.Arbitrary<Json>,
    {
      maxKeys: 2,
    },
  ),
});

const loads = fc
  .record({
    hosts: fc.uniqueArray(declared, { selector: ({ fqdn }) => fqdn, maxLength: 3 }),
    vars: fc.constantFrom({}, { keepalive_timeout: 60 }, { keepalive_timeout: 61 }, { wrong: 1 }),
    texts: fc.array(fc.nat(roles.length - 1), { maxLength: 2 }),
    pools: fc.constantFrom([], ['tier1'], ['tier1', 'tier2']),
    enclosures: fc.constantFrom(['e1', 'e2'], ['e1', 'e2'], ['e1']),
    cluster: fc.constantFrom('galileo', 'galileo', 'kepler'),
    known: fc.constantFrom(allRoles, allRoles, allRoles.slice(4)),
    prune: fc.boolean(),
  })
  .map(
    ({ texts, known, prune, ...wanted }) =>
      ({
        ...load({
          ...wanted,
          enclosures: wanted.enclosures.map((name) => ({ name, site: 'hall', rack: 'r1' })),
          pools: wanted.pools.map((name) => ({
            name,
            data_units: 1,
            parity_units: 0,
            unit_size: 4096,
            devices: [],
          })),
          profiles: [{ name: 'default', pools: wanted.pools }],
          hosts: wanted.hosts.map(({ fqdn, roles: wantedRoles, lnid, variables, ...place }) =>
            declaredHost(fqdn, wantedRoles, {
              project: place.project,
              enclosure: wanted.enclosures.find((name) => name === place.enclosure) ?? null,
              variables: lnid === null ? variables : { ...variables, lnid },
            }),
          ),
          roles: known.map((each, i) => (texts.includes(i) ? { ...each, line: 2 + i } : each)),
        }),
        prune,
      }) as Command,
  );

const adds = fc
  .record({
    fqdn: host,
    roles: fc.array(fc.record({ name: role, overrides }), { minLength: 1, maxLength: 3 }),
    tokens: fc.boolean(),
  })
  .map(({ fqdn, ...rest }): Command => ({ ...add(fqdn), ...rest }));

/** The n-th process, counted around; now and then none. */
const processIn = (graph: Graph, n: number): ProcessRow | undefined => {
  const processes = [...graph.all('process')];
  return n === 0 ? undefined : processes[n % processes.length];
};

const nodeIn = (graph: Graph, n: number): Fid => processIn(graph, n)?.node ?? noNode;

const onProcess =
  (n: number, make: (fid: Fid) => Command) =>
  (graph: Graph): Command =>
    make(processIn(graph, n)?.fid ?? noFid);

const wanted = fc.constantFrom('online', 'offline');
const observed = fc.record({
  behind: fc.constantFrom(0, 0, 0, 1, -1),
  state: fc.constantFrom(...observedStates),
  pid: fc.constantFrom(null, 10, 11),
  reason: fc.constantFrom('', 'exit code 1', 'x'.repeat(1024)),
});

/** What operators and agents do to processes, nodes and hosts once they are there. */
export const lifecycle: fc.Arbitrary<Step['command']> = fc.oneof(
  { weight: 2, arbitrary: wanted.map(wantCluster) },
  {
    weight: 4,
    arbitrary: fc
      .tuple(fc.nat(50), wanted, fc.boolean())
      .map(([n, state, force]) => onProcess(n, (fid) => wantProcess(fid, state, force))),
  },
  {
    weight: 2,
    arbitrary: fc.tuple(fc.nat(50), wanted, fc.boolean()).map(
      ([n, state, force]) =>
        (graph: Graph): Command =>
          wantNode(nodeIn(graph, n), state, force),
    ),
  },
  {
    weight: 12,
    arbitrary: fc
      .tuple(fc.nat(50), observed)
      .map(([n, { behind, ...rest }]) => (graph: Graph): Command => {
        const process = processIn(graph, n);
        return {
          type: 'ReportProcess',
          host: process ? graph.must('node', process.node).host : hosts[0]!,
          fid: process?.fid ?? noFid,
          generation: (process?.generation ?? 0) - behind,
          ...rest,
        };
      }),
  },
  {
    weight: 1,
    arbitrary: fc
      .nat(50)
      .map((n) => onProcess(n, (fid): Command => ({ type: 'RestartProcess', fid }))),
  },
  {
    weight: 1,
    arbitrary: fc.tuple(host, fc.constantFrom(null, 1, 600)).map(([fqdn, seconds]): Command => {
      return { type: 'BeginMaintenance', fqdn, reason: 'a fan', by: 'token:c1', seconds };
    }),
  },
  { weight: 1, arbitrary: host.map((fqdn): Command => ({ type: 'EndMaintenance', fqdn })) },
  {
    weight: 1,
    arbitrary: fc
      .tuple(fc.nat(50), fc.constantFrom(...processStates))
      .map(([n, state]) => onProcess(n, (fid) => override(fid, state))),
  },
  {
    weight: 1,
    arbitrary: fc
      .tuple(fc.nat(50), fc.constantFrom(5, 30))
      .map(([n, seconds]) =>
        onProcess(n, (fid): Command => ({ type: 'LeaseProcess', fid, seconds })),
      ),
  },
  {
    weight: 1,
    arbitrary: fc
      .nat(50)
      .map((n) =>
        onProcess(n, (fid): Command => ({ type: 'ExpireLease', fid, reason: 'no renewal' })),
      ),
  },
  { weight: 1, arbitrary: fc.nat(50).map((n) => onProcess(n, (fid) => remove(fid, true))) },
  {
    weight: 1,
    arbitrary: fc.tuple(fc.nat(50), fc.boolean()).map(
      ([n, force]) =>
        (graph: Graph): Command =>
          removeNode(nodeIn(graph, n), force),
    ),
  },
  {
    weight: 1,
    arbitrary: fc.tuple(host, fc.boolean()).map(([fqdn, force]) => removeHost(fqdn, force)),
  },
  {
    weight: 1,
    arbitrary: fc
      .tuple(host, fc.constantFrom('solo', 'app', 'ha', 'late'), fc.nat(4), fc.boolean())
      .map(([fqdn, name, to, force]) => scale(fqdn, name, to, force)),
  },
  { weight: 1, arbitrary: fc.nat(5).map((n) => setVars({ process_max_start_attempts: n })) },
  { weight: 1, arbitrary: fc.constantFrom(0, 1, 60).map((n) => setVars({ endpoint_cooldown: n })) },
  {
    weight: 1,
    arbitrary: fc
      .integer({ min: -3, max: 3 })
      .map((n) => setVars({ recovery_max_retries: n, recovery_expiry_seconds: 60 })),
  },
  {
    weight: 1,
    arbitrary: fc
      .tuple(fc.option(host), fc.constantFrom(null, ...policies))
      .map(([fqdn, recovery]): Command =>
        fqdn === null
          ? load({ roles: [], recovery })
          : load({ roles: [], hosts: [declaredHost(fqdn, [], { recovery })] }),
      ),
  },
  {
    weight: 2,
    arbitrary: fc
      .tuple(host, fc.constantFrom(...stepOutcomes), fc.constantFrom(0, 0, 1))
      .map(([fqdn, outcome, behind]) => (graph: Graph): Command => ({
        type: 'ReportRecoveryStep',
        fqdn,
        begun: (graph.get('recovery', fqdn)?.steps?.doing?.begun ?? 2) - behind,
        outcome,
        detail: 'said the step',
      })),
  },
);

const project = fc.constantFrom('weather', 'climate', 'ocean');
const token = fc.nat(3).map((id) => `c${id}`);

/** What is done with projects: made, lent machines, joined by tokens, and all of it taken back. */
export const lending: fc.Arbitrary<Command> = fc.oneof(
  { weight: 3, arbitrary: project.map((name): Command => ({ type: 'CreateProject', name })) },
  { weight: 2, arbitrary: project.map((name): Command => ({ type: 'DeleteProject', name })) },
  {
    weight: 6,
    arbitrary: fc
      .record({
        project,
        hosts: fc.array(host, { minLength: 1, maxLength: 3 }),
        mayKnow: fc.boolean(),
      })
      .map((asked): Command => ({ type: 'AttachMachines', ...asked })),
  },
  {
    weight: 4,
    arbitrary: fc
      .record({ project, hosts: fc.array(host, { minLength: 1, maxLength: 2 }) })
      .map((asked): Command => ({ type: 'DetachMachines', ...asked })),
  },
  {
    weight: 2,
    arbitrary: fc
      .tuple(token, fc.array(fc.record({ name: project, role: fc.constantFrom(...projectRoles) })))
      .map(([id, projects]): Command => ({
        type: 'IssueCredential',
        id,
        name: 'member',
        role: 'member',
        hash: 'b'.repeat(64),
        host: null,
        process: null,
        expires: 0,
        projects: projects.filter(
          ({ name }, i) => projects.findIndex((other) => other.name === name) === i,
        ),
      })),
  },
  {
    weight: 2,
    arbitrary: fc
      .record({ project, token, role: fc.constantFrom(...projectRoles) })
      .map((asked): Command => ({ type: 'JoinProject', ...asked })),
  },
  {
    weight: 1,
    arbitrary: fc
      .record({ project, token })
      .map((asked): Command => ({ type: 'LeaveProject', ...asked })),
  },
);

const station = fc.constantFrom('head1.example', 'head2.example', 'head3');
const stationUrl = fc.constantFrom('https://a.example:7400', 'http://b:7400/cluster');

/** Stations become known, lead, and go. */
export const stations: fc.Arbitrary<Step['command']> = fc.oneof(
  {
    weight: 2,
    arbitrary: fc
      .record({ station, url: stationUrl })
      .map((asked): Command => ({ type: 'AddStation', ...asked })),
  },
  {
    weight: 2,
    arbitrary: station.map((name): Command => ({ type: 'RetireStation', station: name })),
  },
  {
    weight: 4,
    arbitrary: fc
      .record({ station, url: stationUrl, more: fc.constantFrom(1, 1, 1, 5, 0, -1) })
      .map(({ more, ...asked }) => (graph: Graph): Command => ({
        ...{ type: 'LeadStation', ...asked },
        term: (graph.get('leadership', 'leadership')?.term ?? 0) + more,
      })),
  },
);

const obmOrder = fc.constantFrom<ObmOrder>(
  { kind: 'power', action: 'on' },
  { kind: 'power', action: 'cycle' },
  { kind: 'boot-device', device: 'pxe', persistent: false },
);
const asker = fc.constantFrom(undefined, 'token:c1', 'token:c2', 'token:c3');

/** The n-th that was ordered of machines, counted around; now and then none. */
const orderedIn = (graph: Graph, n: number): { readonly id: string; readonly created: number } => {
  const ordered = [...graph.all('order'), ...graph.all('procedure')];
  return ordered[n % Math.max(1, ordered.length)] ?? { id: '1/n9.example', created: 1 };
};

/** What moves a machine on as it usually goes: an order is sent, is done, and the machine is up by another boot. */
const asUsual = (fqdn: string, boot: number, graph: Graph): Command => {
  for (const { id, state } of graph.many('obeys', fqdn))
    if (state === 'waiting') return { type: 'BeginObmOrder', id };
    else if (state === 'begun') return { type: 'EndObmOrder', id, outcome: 'done', detail: '' };
  for (const row of graph.many('undergoes', fqdn)) {
    const { act, begun } = row.stages.at(-1) ?? {};
    if (act && act.end === null && begun !== undefined)
      return { type: 'EndStageAct', fqdn, begun, outcome: 'done', detail: '' };
  }
  return nodeUp(fqdn, addresses[hosts.indexOf(fqdn)], { boot_id: `${boot}` });
};

/** What is ordered of machines: by their OBMs, and in several stages. */
export const machines: fc.Arbitrary<Step['command']> = fc.oneof(
  {
    weight: 16,
    arbitrary: fc.tuple(host, fc.nat(9)).map(
      ([fqdn, boot]) =>
        (graph: Graph) =>
          asUsual(fqdn, boot, graph),
    ),
  },
  {
    weight: 2,
    arbitrary: host.map((fqdn): Command => ({
      ...{ type: 'RegisterObm', fqdn, obmd: 'https://obmd.example', label: fqdn },
    })),
  },
  {
    weight: 2,
    arbitrary: fc
      .tuple(host, fc.boolean())
      .map(([fqdn, anew]): Command => ({ type: 'EnableObm', fqdn, anew })),
  },
  {
    weight: 3,
    arbitrary: host.map((fqdn) => (graph: Graph): Command => {
      const epoch = graph.get('registration', fqdn)?.epoch ?? 1;
      return { type: 'ReportObmEnabled', fqdn, epoch, hash: 'a'.repeat(64) };
    }),
  },
  {
    weight: 1,
    arbitrary: host.map((fqdn) => (graph: Graph): Command => {
      return { type: 'DisableObm', fqdn, epoch: graph.get('registration', fqdn)?.epoch ?? 1 };
    }),
  },
  {
    weight: 6,
    arbitrary: fc
      .record({ fqdn: host, order: obmOrder, by: asker, wait: fc.boolean() })
      .map(({ by, wait, order, fqdn }): Command => ({
        ...{ type: 'OrderObm', fqdn, order, beginWithin: 600 },
        ...(by === undefined ? {} : { by }),
        ...(wait && order.kind === 'power' ? { waitUp: 600 } : {}),
      })),
  },
  {
    weight: 6,
    arbitrary: fc
      .record({ fqdn: host, force: fc.boolean(), gone: fc.boolean(), by: asker })
      .map(({ fqdn, force, gone, by }): Command => ({
        ...{ type: 'OrderProcedure', fqdn },
        plan: gone ? { kind: 'release', force } : { kind: 'reinstall', wait_up: 600, force },
        ...(by === undefined ? {} : { by }),
      })),
  },
  {
    weight: 8,
    arbitrary: fc.nat(40).map((n) => (graph: Graph): Command => ({
      type: 'BeginObmOrder',
      id: orderedIn(graph, n).id,
    })),
  },
  {
    weight: 8,
    arbitrary: fc
      .tuple(fc.nat(40), fc.constantFrom('done', 'done', 'failed', 'unknown'))
      .map(([n, how]) => (graph: Graph): Command => {
        const { id } = orderedIn(graph, n);
        // What was not begun ends by a refusal only.
        const outcome = graph.get('order', id)?.state === 'begun' ? how : 'failed';
        return { type: 'EndObmOrder', id, outcome, detail: 'it said so' };
      }),
  },
  {
    weight: 2,
    arbitrary: fc
      .tuple(host, fc.constantFrom(...actEnds))
      .map(([fqdn, outcome]) => (graph: Graph): Command => {
        const begun = [...graph.many('undergoes', fqdn)].at(-1)?.stages.at(-1)?.begun ?? 1;
        return { type: 'EndStageAct', fqdn, begun, outcome, detail: '' };
      }),
  },
  {
    weight: 2,
    arbitrary: fc.nat(40).map((n) => (graph: Graph): Command => {
      const { id, created: ordered } = orderedIn(graph, n);
      return { type: 'CancelOrdered', ordered, fqdn: id.slice(id.indexOf('/') + 1), by: 'me' };
    }),
  },
  {
    weight: 3,
    arbitrary: fc
      .tuple(host, fc.nat(9))
      .map(([fqdn, boot]) => nodeUp(fqdn, addresses[hosts.indexOf(fqdn)], { boot_id: `${boot}` })),
  },
);

const command: fc.Arbitrary<Step['command']> = fc.oneof(
  { weight: 2, arbitrary: loads },
  { weight: 6, arbitrary: adds },
  {
    weight: 4,
    arbitrary: fc
      .tuple(fc.nat(3), fc.integer({ min: 1, max: 3 }), fc.nat(5))
      .map(([i, cpus, other]) =>
        nodeUp(hosts[i]!, other === 0 ? '10.0.0.9' : addresses[i]!, { cpus }),
      ),
  },
  {
    weight: 1,
    arbitrary: host.map((fqdn): Command => ({ type: 'ReportNodeDown', fqdn, reason: 'silence' })),
  },
  { weight: 1, arbitrary: host.map((fqdn): Command => ({ type: 'RegisterHost', fqdn })) },
  {
    weight: 1,
    arbitrary: fc
      .tuple(host, host)
      .map(([fqdn, to]): Command => ({ type: 'RenameHost', fqdn, to })),
  },
  { weight: 5, arbitrary: fc.nat(50).map((n) => onProcess(n, remove)) },
  {
    weight: 3,
    arbitrary: fc
      .tuple(fc.nat(50), fc.constantFrom('starting', 'online', 'offline', 'failed'))
      .map(([n, state]) => onProcess(n, (fid) => report(fid, state))),
  },
  { weight: 10, arbitrary: lifecycle },
  {
    weight: 2,
    arbitrary: fc
      .tuple(fc.nat(3), fc.nat(2), fc.boolean(), fc.nat(9))
      .map(([id, when, admin, n]) => (graph: Graph): Command => ({
        type: 'IssueCredential',
        id: `c${id}`,
        name: 'token',
        role: admin ? 'admin' : 'process',
        hash: 'a'.repeat(64),
        host: null,
        process: admin ? null : ([...graph.all('process')][n]?.fid ?? null),
        expires: when * 5_000_000_000_000,
      })),
  },
  {
    weight: 1,
    arbitrary: fc.nat(3).map((id): Command => ({ type: 'RevokeCredential', id: `c${id}` })),
  },
  { weight: 4, arbitrary: lending },
  { weight: 2, arbitrary: stations },
  { weight: 8, arbitrary: machines },
  { weight: 2, arbitrary: fc.constant<Command>({ type: 'FireDeadlines' }) },
);

export const step: fc.Arbitrary<Step> = fc.record({
  command,
  clock: fc.oneof(
    { weight: 8, arbitrary: fc.integer({ min: 0, max: 1000 }) },
    { weight: 1, arbitrary: fc.constantFrom(-3_600_000, requestMemory / 2, requestMemory) },
    { weight: 1, arbitrary: fc.constant(5_000_000_000_000) },
  ),
  conditions: fc.oneof(
    { weight: 6, arbitrary: fc.constant({}) },
    {
      weight: 2,
      arbitrary: fc.record({
        request: fc.record({
          key: fc.constantFrom('k1', 'k2', 'k3'),
          fingerprint: fc.constantFrom('f1', 'f1', 'f2'),
        }),
      }),
    },
    { weight: 1, arbitrary: fc.nat(4).map((expected) => ({ expected: expected as never })) },
  ),
});

/** Clock of a run of steps. */
export class Clock {
  now = noon;

  submission({ clock, conditions }: Step): Submission {
    this.now = Math.max(1, this.now + clock);
    return { at: this.now, actor: 'token:test', correlation: 'c', ...conditions };
  }
}

export const commandOf = ({ command: wanted }: Step, graph: Graph): Command =>
  typeof wanted === 'function' ? wanted(graph) : wanted;

/**
 * Checks a property with a new seed each time. `HALCYON_RUNS` multiplies the number of runs,
 * `HALCYON_SEED` repeats a run.
 *
 * @returns the seed, for what is looked at after the runs to tell it
 */
export const check = <T>(t: Test, property: fc.IProperty<T>, runs: number): number => {
  const seed = Number(process.env['HALCYON_SEED'] ?? Date.now() % 2 ** 31);
  const numRuns = Math.ceil(runs * Number(process.env['HALCYON_RUNS'] ?? 1));
  t.comment(`HALCYON_SEED=${seed}, ${numRuns} runs`);
  fc.assert(property, { seed, numRuns });
  t.pass(`${numRuns} runs`);
  return seed;
};
