/** Out-of-band managers that an OBM daemon has: registered, enabled, disabled. */

import fc from 'fast-check';
import t from 'tap';
import type { Command } from '../../src/core/commands/index.ts';
import type { Engine } from '../../src/core/engine.ts';
import type { Commit } from '../../src/core/events/commit.ts';
import type { Graph } from '../../src/core/graph/graph.ts';
import { isObmEnabled, obmStateOf } from '../../src/core/lifecycle/obm.ts';
import { checkGraph } from './invariants.ts';
import { must } from './invariant.ts';
import { check } from './random-commands.ts';
import {
  commitOf,
  dataOf,
  given,
  newEngine,
  nodeDown,
  nodeUp,
  noon,
  rejectionOf,
  removeHost,
  submit,
} from './scenario.ts';

const [one, two] = ['n1.example', 'n2.example'] as const;
const obmd = 'https://obmd.example:7410';
const hash = 'a'.repeat(64);
const register = (fqdn: string, label: string = fqdn, url = obmd): Command => ({
  type: 'RegisterObm',
  fqdn,
  obmd: url,
  label,
});
const unregister = (fqdn: string): Command => ({ type: 'UnregisterObm', fqdn });
const begin = (fqdn: string, anew = false): Command => ({ type: 'EnableObm', fqdn, anew });
const told = (fqdn: string, epoch: number): Command => ({
  type: 'ReportObmEnabled',
  fqdn,
  epoch,
  hash,
});
const disable = (fqdn: string, epoch: number): Command => ({ type: 'DisableObm', fqdn, epoch });

const registered = (): Engine => given(nodeUp(one), register(one)).engine;

/** @returns the epoch */
const enable = (engine: Engine, fqdn: string, anew = false): number => {
  const { revision } = commitOf(engine, begin(fqdn, anew));
  commitOf(engine, told(fqdn, revision));
  return revision;
};

const stateOf = ({ graph }: Engine, fqdn: string): string =>
  obmStateOf(graph.must('registration', fqdn));

t.test('an OBM is registered, enabled, disabled and unregistered', async (t) => {
  const engine = given(nodeUp(one))
    .when(register(one))
    .then(t, [{ type: 'ObmRegistered', data: { fqdn: one, obmd, label: one } }]);
  t.equal(stateOf(engine, one), 'disabled');
  t.equal(submit(engine, register(one)).kind, 'unchanged', 'once more is once');
  const { revision: epoch } = commitOf(engine, begin(one));
  t.match(engine.graph.must('registration', one), { epoch, token: null, isBegun: true });
  t.equal(stateOf(engine, one), 'enabling');
  t.ok(isObmEnabled(engine.graph, one), 'a token may be out already');
  commitOf(engine, told(one, epoch));
  t.match(engine.graph.must('registration', one), { epoch, token: epoch, isBegun: false });
  t.equal(submit(engine, begin(one)).kind, 'unchanged', 'it is enabled');
  t.equal(submit(engine, told(one, epoch)).kind, 'unchanged', 'and this is known');
  const shut = commitOf(engine, disable(one, epoch)).revision;
  t.match(engine.graph.must('registration', one), { epoch: shut, token: null });
  t.notOk(isObmEnabled(engine.graph, one));
  t.equal(submit(engine, disable(one, epoch)).kind, 'unchanged', 'nothing to do');
  commitOf(engine, unregister(one));
  t.equal(submit(engine, unregister(one)).kind, 'unchanged', 'nothing to do');
  t.equal(engine.graph.count('registration'), 0);
});

t.test('a hash is in the event and in no row', async (t) => {
  const engine = registered();
  const { revision: epoch } = commitOf(engine, begin(one));
  t.same(dataOf(commitOf(engine, told(one, epoch)), 'ObmEnabled'), [{ fqdn: one, epoch, hash }]);
  t.notMatch(JSON.stringify([...engine.graph.all('registration')]), hash);
});

t.test('what is not there, or leaves, has no OBM that could be used', async (t) => {
  const engine = given(nodeUp(one)).engine;
  for (const command of [register(two), unregister(two), begin(two), disable(two, 1)])
    t.equal(rejectionOf(engine, command).code, 'unknown-host');
  for (const command of [begin(one), begin(one, true), told(one, 1), disable(one, 1)])
    t.equal(rejectionOf(engine, command).code, 'obm-not-registered');
});

t.test('an OBM is registered with one daemon, and is the OBM of one machine', async (t) => {
  const engine = given(nodeUp(one), nodeUp(two, '10.0.0.2'), register(one)).engine;
  for (const command of [register(one, 'other'), register(one, one, 'https://other.example')])
    t.match(rejectionOf(engine, command), {
      code: 'obm-registered',
      message: /registered with https:\/\/obmd\.example:7410 as n1\.example; unregister it first/,
    });
  t.match(rejectionOf(engine, register(two, one)), { code: 'obm-taken', subject: 'label' });
  commitOf(engine, register(two, one, 'https://other.example'));
});

t.test('1: of one that is enabled the registration stays as it is', async (t) => {
  const engine = registered();
  const before = enable(engine, one);
  t.equal(rejectionOf(engine, register(one, 'other')).code, 'obm-registered');
  t.match(rejectionOf(engine, unregister(one)), { code: 'obm-enabled', message: /disable it/ });
  t.match(engine.graph.must('registration', one), { label: one, token: before });
});

t.test('with a new token the one before is still good until the new one is known', async (t) => {
  const engine = registered();
  const first = enable(engine, one);
  const { revision: second } = commitOf(engine, begin(one, true));
  t.match(engine.graph.must('registration', one), { token: first, epoch: second, isBegun: true });
  commitOf(engine, told(one, second));
  t.match(engine.graph.must('registration', one), { token: second, isBegun: false });
});

t.test('of two who enable and disable at once the later one has the last word', async (t) => {
  const engine = registered();
  const { revision: first } = commitOf(engine, begin(one));
  commitOf(engine, disable(one, first));
  t.match(rejectionOf(engine, told(one, first)), { code: 'obm-changed' }, 'its token goes back');
  t.equal(stateOf(engine, one), 'disabled');
  const { revision: second } = commitOf(engine, begin(one));
  const { revision: third } = commitOf(engine, begin(one));
  t.equal(rejectionOf(engine, disable(one, second)).code, 'obm-changed', 'another one is out');
  t.equal(rejectionOf(engine, told(one, second)).code, 'obm-changed');
  commitOf(engine, told(one, third));
});

t.test('6: a machine changes hands for nobody while a token of its OBM may be out', async (t) => {
  const engine = registered();
  commitOf(engine, { type: 'CreateProject', name: 'a' });
  const attach: Command = { type: 'AttachMachines', project: 'a', hosts: [one], mayKnow: true };
  const detach: Command = { type: 'DetachMachines', project: 'a', hosts: [one] };
  const { revision: begun } = commitOf(engine, begin(one));
  t.match(rejectionOf(engine, attach), { code: 'obm-enabled', message: /disable it first/ });
  commitOf(engine, disable(one, begun));
  commitOf(engine, attach);
  const { revision: epoch } = commitOf(engine, begin(one));
  t.equal(rejectionOf(engine, detach).code, 'obm-enabled', 'while it is being enabled');
  commitOf(engine, told(one, epoch));
  t.equal(rejectionOf(engine, detach).code, 'obm-enabled');
  t.equal(submit(engine, attach).kind, 'unchanged', 'who has it has it');
  commitOf(engine, disable(one, epoch));
  commitOf(engine, detach);
});

t.test(
  '7: a machine whose OBM may be used is not removed, and takes it along once it is not',
  async (t) => {
    const engine = registered();
    const epoch = enable(engine, one);
    t.equal(rejectionOf(engine, removeHost(one, true)).code, 'obm-enabled');
    commitOf(engine, disable(one, epoch));
    commitOf(engine, removeHost(one));
    t.equal(engine.graph.count('registration'), 0);
  },
);

t.test('a machine that is being removed is given no token', async (t) => {
  const engine = registered();
  engine.graph.put('host', { ...engine.graph.must('host', one), removing: true });
  for (const command of [register(one), begin(one), begin(one, true)])
    t.equal(rejectionOf(engine, command).code, 'being-removed');
});

t.test('an OBM is used as before when its machine gets another name', async (t) => {
  const engine = registered();
  const epoch = enable(engine, one);
  commitOf(engine, nodeDown(one));
  commitOf(engine, { type: 'RenameHost', fqdn: one, to: two });
  t.match(engine.graph.must('registration', two), { label: one, token: epoch });
  t.equal(engine.graph.indexes.obmLabels.hostOf(obmd, one), two);
  commitOf(engine, disable(two, epoch));
});

/** Follows a log: what is known of each machine's OBM from its events alone. */
class ObmChecker {
  readonly #begun = new Map<string, number>();
  readonly #good = new Set<string>();

  check({ events, revision }: Commit): void {
    for (const { type, data } of events) {
      const { fqdn, epoch } = data as { fqdn: string; epoch: number };
      const mayBeOut = this.#begun.has(fqdn) || this.#good.has(fqdn);
      if (['MachineAttached', 'MachineDetached', 'HostRemoved', 'ObmUnregistered'].includes(type))
        must(!mayBeOut, `${type} of ${fqdn} while a token may be out`);
      if (type === 'ObmEnableBegun') this.#begun.set(fqdn, revision);
      if (type === 'ObmEnabled') {
        must(this.#begun.get(fqdn) === epoch, `a token of ${fqdn} that was not the last`);
        this.#begun.delete(fqdn);
        this.#good.add(fqdn);
      }
      if (type === 'ObmDisabled') {
        must(mayBeOut, `${fqdn} was disabled before`);
        this.#begun.delete(fqdn);
        this.#good.delete(fqdn);
      }
    }
  }

  agrees(graph: Graph): void {
    for (const row of graph.all('registration'))
      must(
        isObmEnabled(graph, row.host) === (this.#begun.has(row.host) || this.#good.has(row.host)),
        `${row.host} is not as its events say`,
      );
  }
}

t.test('whoever does what, no machine changes hands while a token may be out', async (t) => {
  const hosts = [one, two, 'n3.example'];
  const host = fc.constantFrom(...hosts);
  const project = fc.constantFrom('a', 'b');
  const epochOf =
    (fqdn: string, behind: number, make: (epoch: number) => Command) =>
    (graph: Graph): Command =>
      make((graph.get('registration', fqdn)?.epoch ?? 2) - behind);
  const behind = fc.constantFrom(0, 0, 0, 1, 2);
  const step: fc.Arbitrary<Command | ((graph: Graph) => Command)> = fc.oneof(
    host.map((fqdn) => register(fqdn)),
    fc.tuple(host, host).map(([fqdn, label]) => register(fqdn, label)),
    host.map(unregister),
    fc.tuple(host, fc.boolean()).map(([fqdn, anew]) => begin(fqdn, anew)),
    fc.tuple(host, behind).map(([fqdn, n]) => epochOf(fqdn, n, (epoch) => told(fqdn, epoch))),
    fc.tuple(host, behind).map(([fqdn, n]) => epochOf(fqdn, n, (epoch) => disable(fqdn, epoch))),
    fc.tuple(project, host).map(([name, fqdn]): Command => ({
      type: 'AttachMachines',
      project: name,
      hosts: [fqdn],
      mayKnow: true,
    })),
    fc
      .tuple(project, host)
      .map(([name, fqdn]): Command => ({ type: 'DetachMachines', project: name, hosts: [fqdn] })),
    fc
      .tuple(host, fc.constantFrom('on', 'off'), fc.nat({ max: 9 }))
      .map(([label, state, n]) => (graph: Graph): Command => ({
        type: 'ReportObmd',
        obmd,
        after: graph.get('feed', obmd)?.position ?? null,
        position: `${n}`,
        anew: n === 0,
        news: [{ type: 'power', label, seen: 1, state, cause: 'drift' }],
      })),
    host.map((fqdn) => removeHost(fqdn, true)),
    host.map((fqdn) => nodeUp(fqdn, `10.0.0.${hosts.indexOf(fqdn) + 1}`)),
  );
  const reached = new Map<string, number>();
  const property = fc.property(
    fc.array(step, { minLength: 10, maxLength: 60, size: 'max' }),
    (steps) => {
      const [engine, replica, log] = [newEngine(), newEngine(), new ObmChecker()];
      const begun = [
        ...['a', 'b'].map((name): Command => ({ type: 'CreateProject', name })),
        ...hosts.map((fqdn, i) => nodeUp(fqdn, `10.0.0.${i + 1}`)),
        ...hosts.map((fqdn) => register(fqdn)),
      ];
      for (const each of [...begun, ...steps]) {
        const command = typeof each === 'function' ? each(engine.graph) : each;
        const outcome = submit(engine, command, { at: noon });
        const name =
          outcome.kind === 'rejected' ? outcome.rejection.code : `${command.type} ${outcome.kind}`;
        reached.set(name, (reached.get(name) ?? 0) + 1);
        if (outcome.kind !== 'committed') continue;
        engine.confirm(outcome.commit.revision);
        replica.replay(JSON.parse(JSON.stringify(outcome.commit)) as typeof outcome.commit);
        must(replica.graph.digest() === engine.graph.digest(), 'digests differ');
        log.check(outcome.commit);
        log.agrees(engine.graph);
        checkGraph(engine.graph);
      }
    },
  );
  check(t, property, 300);
  const rare = ['obm-enabled', 'obm-changed', 'obm-taken', 'obm-registered', 'obm-not-registered'];
  for (const name of [
    ...rare,
    'ReportObmEnabled committed',
    'DisableObm committed',
    'ReportObmd committed',
  ])
    t.ok(reached.has(name), `${name} was reached`);
});
