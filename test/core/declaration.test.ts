/** Loading facts, and how declared hosts come to their processes. */

import t from 'tap';
import type { Test } from 'tap';
import type { Command } from '../../src/core/commands/index.ts';
import { missingRoles } from '../../src/core/graph/missing-roles.ts';
import { planOf } from '../../src/core/declaration/plan.ts';
import type { Engine } from '../../src/core/engine.ts';
import type { Commit } from '../../src/core/events/commit.ts';
import type { ProcessRow } from '../../src/core/graph/rows/processes.ts';
import type { Fid } from '../../src/core/values/fid.ts';
import {
  add,
  allRoles,
  commitOf,
  dataOf,
  declaredHost,
  dryRun,
  given,
  load,
  newEngine,
  nodeUp,
  observe,
  rejectionOf,
  remove,
  removeNode,
  roleSource,
  scale,
  submit,
  templates,
  wantProcess,
} from './scenario.ts';

const host = 'n1.example';
const withLnid = { variables: { lnid: '10.0.0.1@tcp' } };

const types = ({ events }: Commit): string[] => events.map(({ type }) => type);
const rolesAdded = (commit: Commit): string[] =>
  dataOf(commit, 'ProcessAdded').map(({ role }) => role);

t.test(
  'the first load declares everything, in an order in which each thing finds what it needs',
  async (t) => {
    const commit = commitOf(
      newEngine(),
      load({
        enclosures: [{ name: 'e1', site: 'hall', rack: 'r1' }],
        pools: [{ name: 'p1', data_units: 8, parity_units: 2, unit_size: 4096, devices: ['w1'] }],
        profiles: [
          { name: 'default', pools: ['p1'] },
          { name: 'empty', pools: [] },
        ],
        roles: [roleSource('app')],
        vars: { keepalive_timeout: 60 },
        hosts: [
          declaredHost(host, [], {
            enclosure: 'e1',
            project: 'weather',
            obm: { type: 'ipmi', address: '10.1.0.1:623', secret: 'obm/n1' },
          }),
        ],
      }),
    );
    t.strictSame(types(commit), [
      'ClusterNamed',
      'PoolDeclared',
      'ProfileDeclared',
      'ProfileDeclared',
      'VarSet',
      'RoleDefined',
      'EnclosureDeclared',
      'ProjectDeclared',
      'HostDeclared',
      'MachineAttached',
      'ObmDeclared',
    ]);
    t.match(dataOf(commit, 'ProfileDeclared'), [
      { fid: '0x7000000000000001:0x2', pools: ['0x6f00000000000001:0x1'] },
      { fid: '0x7000000000000001:0x3', pools: [] },
    ]);
  },
);

t.test('what was loaded can be walked', async (t) => {
  const hosts = [
    declaredHost(host, [], {
      enclosure: 'e1',
      project: 'weather',
      obm: { type: 'dummy', address: 'd', secret: null },
    }),
  ];
  const { graph } = given(
    load({ enclosures: [{ name: 'e1', site: 'hall', rack: 'r1' }], hosts }),
  ).engine;
  t.equal([...graph.many('contains', 'hall')][0]?.id, 'hall/r1');
  t.equal([...graph.many('holds', 'hall/r1')][0]?.name, 'e1');
  t.equal([...graph.many('houses', 'e1')][0]?.fqdn, host);
  t.equal([...graph.many('lends', 'weather')][0]?.fqdn, host);
  t.equal(graph.one('manages', host)?.type, 'dummy');
  t.equal(graph.one('runs', host), undefined);
});

t.test('the same load again changes nothing', async (t) => {
  const again = load({
    enclosures: [{ name: 'e1', site: 'hall', rack: 'r1' }],
    pools: [{ name: 'p1', data_units: 8, parity_units: 2, unit_size: 4096, devices: ['w1'] }],
    profiles: [{ name: 'default', pools: ['p1'] }],
    vars: { keepalive_timeout: 60 },
    hosts: [declaredHost(host, ['app'], withLnid)],
  });
  given(again).when(again).thenNothing(t);
});

const declared = (...roles: Parameters<typeof declaredHost>[1] & object): Command =>
  load({ hosts: [declaredHost(host, roles, withLnid)] });
const four = { name: 'app', overrides: { multiplicity: 4 } };

t.test('what was removed and is still declared is there again after a load', async (t) => {
  const { engine } = given(declared('m0t1fs', four));
  const { graph } = engine;
  const node = graph.one('runs', host)!;
  commitOf(engine, removeNode(node.fid));
  t.strictSame(missingRoles(graph, graph.must('host', host)), [
    { role: 'm0t1fs', declared: 1, present: 0 },
    { role: 'app', declared: 4, present: 0 },
  ]);
  t.strictSame(rolesAdded(commitOf(engine, nodeUp(host))), [], 'a report brings nothing back');

  const command = declared('m0t1fs', four);
  const planned = dryRun(engine, command);
  const changes = planOf(graph, (planned.ok ? planned.events : []) as never);
  t.match(changes.slice(0, 2), [
    { action: 'add', kind: 'missing role', name: `m0t1fs of ${host}` },
    {
      fields: [
        { name: 'declared', after: 4 },
        { name: 'present', after: 0 },
      ],
    },
  ]);
  const again = commitOf(engine, command);
  t.strictSame(rolesAdded(again), ['ha', 'm0t1fs', ...Array<string>(4).fill('app')]);
  t.not(graph.one('runs', host)!.fid, node.fid);
  t.strictSame(missingRoles(graph, graph.must('host', host)), []);
  t.equal(submit(engine, command).kind, 'unchanged');
});

t.test('of a role only the processes that are gone are added again', async (t) => {
  const { engine } = given(declared(four, 'pair'));
  const { graph } = engine;
  const fids = (role: string): Fid[] =>
    [...graph.all('process')].filter((row) => row.role === role).map(({ fid }) => fid);
  const command = declared(four, 'pair');
  commitOf(engine, remove(fids('app')[1]!));
  commitOf(engine, remove(fids('app')[2]!));
  t.strictSame(rolesAdded(commitOf(engine, command)), ['app', 'app']);
  commitOf(engine, scale(host, 'app', 1));
  t.strictSame(rolesAdded(commitOf(engine, command)), Array<string>(3).fill('app'));
  commitOf(engine, remove(fids('pair')[0]!));
  const [left] = dataOf(commitOf(engine, command), 'ProcessAdded');
  t.equal(graph.must('spec', left!.spec).spec.unit, 'left', 'the one that is gone, not the other');
  commitOf(engine, scale(host, 'app', 6));
  t.equal(submit(engine, command).kind, 'unchanged', 'more than declared is nobody’s loss');
});

t.test(
  'nothing is added to what is leaving, and other hosts are loaded all the same',
  async (t) => {
    const { engine } = given(declared('solo'));
    const { graph } = engine;
    const [{ fid, node }] = [...graph.all('process')] as [ProcessRow];
    commitOf(engine, nodeUp(host));
    commitOf(engine, wantProcess(fid, 'online'));
    commitOf(engine, removeNode(node));
    t.match(missingRoles(graph, graph.must('host', host)), [{ role: 'solo', present: 0 }]);
    const hosts = [declaredHost(host, ['solo'], withLnid), declaredHost('n2.example', [])];
    t.strictSame(rolesAdded(commitOf(engine, load({ hosts }))), []);
    commitOf(engine, observe(fid, graph.must('process', fid).generation, 'exited'));
    t.equal(graph.get('node', node), undefined);
    t.strictSame(rolesAdded(commitOf(engine, load({ hosts }))), ['solo']);
  },
);

t.test(
  'a log that does not tell how many there were: a role without processes is missing',
  async (t) => {
    const { engine } = given(declared(four));
    const { graph } = engine;
    const { allocated: _, ...older } = graph.must('host', host);
    graph.put('host', older);
    const [{ fid, node }] = [...graph.all('process')].filter(({ role }) => role === 'app') as [
      ProcessRow,
    ];
    commitOf(engine, remove(fid));
    t.equal(submit(engine, declared(four)).kind, 'unchanged');
    commitOf(engine, removeNode(node));
    t.equal(rolesAdded(commitOf(engine, declared(four))).length, 4);
  },
);

t.test('a load adds and changes what differs, and removes nothing', async (t) => {
  const { engine } = given(
    load({
      hosts: [declaredHost(host), declaredHost('n2.example')],
      vars: { keepalive_timeout: 60 },
    }),
  );
  const changed = load({
    hosts: [declaredHost(host, [], { variables: { color: 'red' } })],
    roles: [roleSource('app', { text: 'new' })],
    vars: { keepalive_timeout: 61 },
  });
  t.strictSame(types(commitOf(engine, changed)), ['VarSet', 'RoleDefined', 'HostDeclared']);
  t.ok(engine.graph.get('host', 'n2.example'));
  t.ok(engine.graph.get('role', 'ha'));
  t.equal(engine.graph.must('role', 'app').text, 'new');
  t.equal(engine.graph.must('var', 'keepalive_timeout').value, 61);
});

t.test('a pool and a profile keep their fids when they change', async (t) => {
  const pool = { name: 'p1', data_units: 8, parity_units: 2, unit_size: 4096, devices: ['w1'] };
  const { engine } = given(load({ pools: [pool] }));
  const [before] = engine.graph.all('pool');
  commitOf(
    engine,
    load({
      pools: [{ ...pool, devices: ['w1', 'w2'] }],
      profiles: [{ name: 'default', pools: ['p1'] }],
    }),
  );
  t.strictSame(
    [...engine.graph.all('pool')].map(({ fid, devices }) => ({ fid, devices })),
    [{ fid: before!.fid, devices: ['w1', 'w2'] }],
  );
  const [profile] = engine.graph.all('profile');
  t.equal(profile?.fid, '0x7000000000000001:0x2' as Fid);
  t.strictSame(profile?.pools, [before!.fid]);
});

t.test('a cluster gets a new name', async (t) => {
  const { engine } = given(load());
  commitOf(engine, load({ cluster: 'kepler' }));
  t.strictSame(
    [...engine.graph.all('cluster')].map(({ name }) => name),
    ['kepler'],
  );
});

t.test(
  'a declared host whose LNet id is known gets its processes by the load, in the order declared',
  async (t) => {
    const commit = commitOf(
      newEngine(),
      load({ hosts: [declaredHost(host, ['m0t1fs', 'clovis-app', 'confd'], withLnid)] }),
    );
    t.strictSame(rolesAdded(commit), [
      'ha',
      'm0t1fs',
      ...Array<string>(4).fill('clovis-app'),
      'confd',
    ]);
    t.strictSame(
      dataOf(commit, 'DeclaredRoleAllocated').map(({ role }) => role),
      ['m0t1fs', 'clovis-app', 'confd'],
    );
    const declared = commit.events.findIndex(({ type }) => type === 'HostDeclared');
    const added = commit.events.filter(({ type }) => type === 'ProcessAdded');
    t.ok(
      added.every(({ cause, rule }) => cause === declared && rule === 'allocate-on-declaration'),
    );
  },
);

t.test('a declared role that others of the host require is not added twice', async (t) => {
  const commit = commitOf(
    newEngine(),
    load({ hosts: [declaredHost(host, ['confd', 'ha', 'm0t1fs'], withLnid)] }),
  );
  t.strictSame(rolesAdded(commit), ['ha', 'confd', 'm0t1fs']);
});

t.test(
  'any other declared host gets its processes when its agent first reports, once',
  async (t) => {
    const hosts = [declaredHost(host, ['m0t1fs', { name: 'app', overrides: { multiplicity: 2 } }])];
    const { engine, when } = given(load({ hosts }));
    t.strictSame(engine.graph.must('host', host).pending, ['m0t1fs', 'app']);
    const commit = commitOf(engine, nodeUp(host));
    t.strictSame(rolesAdded(commit), ['ha', 'm0t1fs', 'app', 'app']);
    t.strictSame(commit.events[0]?.type, 'NodeUp');
    t.ok(commit.events.slice(1).every(({ rule }) => rule === 'allocate-on-node-up'));
    t.strictSame(engine.graph.must('host', host).pending, []);
    const newFacts = nodeUp(host, '10.0.0.1', { cpus: 5 });
    t.strictSame(types(commitOf(engine, newFacts)), ['NodeUp']);
    when(newFacts).thenNothing(t);
  },
);

t.test('a role declared later is allocated by the load that declares it, alone', async (t) => {
  const { engine } = given(load({ hosts: [declaredHost(host, ['app'])] }), nodeUp(host));
  const commit = commitOf(engine, load({ hosts: [declaredHost(host, ['app', 'web'])] }));
  t.strictSame(rolesAdded(commit), ['web']);
});

t.test('a role whose overrides change keeps the processes it has', async (t) => {
  const declared = (multiplicity: number) =>
    load({ hosts: [declaredHost(host, [{ name: 'app', overrides: { multiplicity } }], withLnid)] });
  const { engine } = given(declared(1));
  t.strictSame(types(commitOf(engine, declared(2))), ['HostDeclared']);
  t.equal(engine.graph.count('process'), 1);
});

t.test('a load that cannot be allocated is refused as a whole', async (t) => {
  given()
    .when(
      load({
        hosts: [
          declaredHost(host, ['app'], withLnid),
          declaredHost('n2.example', ['nowhere'], withLnid),
        ],
      }),
    )
    .thenRejected(t, { code: 'template-error' });
});

const blockedBy = (t: Test, engine: Engine, problem: RegExp): void =>
  void t.match(engine.graph.must('host', host).problem, problem);

t.test(
  'a role that cannot be allocated when the agent reports waits, and the reason is recorded once',
  async (t) => {
    const hosts = [declaredHost(host, ['app', 'ported', 'web'])];
    const { engine } = given(
      load({ hosts }),
      load({ roles: [roleSource('ported', { requires: ['nonesuch'] })] }),
    );
    const commit = commitOf(engine, nodeUp(host));
    t.strictSame(rolesAdded(commit), ['app']);
    t.match(dataOf(commit, 'DeclaredRoleBlocked'), [{ role: 'ported', code: 'unknown-role' }]);
    blockedBy(t, engine, /ported: role ported requires nonesuch/);
    t.strictSame(engine.graph.must('host', host).pending, ['ported', 'web']);
    const again = commitOf(engine, nodeUp(host, '10.0.0.1', { cpus: 9 }));
    t.strictSame(types(again), ['NodeUp'], 'the same reason is not recorded again');
  },
);

t.test('hosts that wait are tried again when a role is defined anew', async (t) => {
  const names = ['n1.example', 'n2.example'];
  const { engine } = given(
    load({
      roles: [roleSource('ported', { requires: ['app'] })],
      hosts: names.map((fqdn) => declaredHost(fqdn, ['ported'])),
    }),
    ...names.map((fqdn, i) => nodeUp(fqdn, `10.0.0.${i + 1}`)),
  );
  t.strictSame([...engine.graph.indexes.blockedHosts.all()], names);
  const commit = commitOf(engine, load({ roles: [roleSource('app')] }));
  t.strictSame(rolesAdded(commit), ['app', 'ported', 'app', 'ported']);
  t.ok(
    commit.events
      .filter(({ type }) => type === 'ProcessAdded')
      .every(({ rule }) => rule === 'allocate-on-role-change'),
  );
  t.equal(engine.graph.indexes.blockedHosts.all().size, 0);
});

t.test('a host that is tried again in vain does not spoil it for the next one', async (t) => {
  // Both hosts render the same spec; the first finds its endpoints taken.
  const names = ['n1.example', 'n2.example'];
  const roles = (text: string) => [
    roleSource('web', { text }),
    ...allRoles.filter(({ name }) => name !== 'web'),
  ];
  const table = {
    ...templates,
    taken: [{ endpoint: '10.0.0.1@tcp:12345:41:4095' }],
    tight: [{ endpoint: '{lnid}:12345:41:4095' }],
  };
  const engine = newEngine(table);
  const tight = [roleSource('taken'), roleSource('tight', { requires: ['nonesuch'] })];
  submit(
    engine,
    load({ roles: [...tight, ...roles('a')], hosts: names.map((f) => declaredHost(f, ['tight'])) }),
  );
  names.forEach((fqdn, i) => submit(engine, nodeUp(fqdn, `10.0.0.${i + 1}`)));
  commitOf(engine, add('n1.example', 'taken'));
  const commit = commitOf(engine, load({ roles: [roleSource('tight')] }));
  t.strictSame(
    dataOf(commit, 'ProcessAdded').map(({ endpoint }) => endpoint),
    ['10.0.0.2@tcp:12345:41:4095'],
  );
  t.match(dataOf(commit, 'DeclaredRoleBlocked'), [
    { fqdn: 'n1.example', code: 'no-free-endpoint' },
  ]);
  t.strictSame([...engine.graph.indexes.blockedHosts.all()], ['n1.example']);
});

t.test('a very long reason is cut, so that it fits into the log', async (t) => {
  const roles = Array.from({ length: 200 }, (_, i) => roleSource(`${'long'.repeat(10)}${i}`));
  const { engine } = given(
    load({ roles, hosts: [declaredHost(host, ['nonesuch'])] }),
    nodeUp(host),
  );
  blockedBy(t, engine, /nonesuch: there is no role nonesuch/);
  t.strictSame(
    types(commitOf(engine, nodeUp(host, '10.0.0.1', { cpus: 9 }))),
    ['NodeUp'],
    'and the cut reason is not recorded again either',
  );
});

t.test('a refused load leaves room for the next', async (t) => {
  const engine = newEngine();
  rejectionOf(engine, load({ hosts: [declaredHost(host, ['app', 'nowhere'], withLnid)] }));
  t.equal(commitOf(engine, load({ hosts: [declaredHost(host, ['app'], withLnid)] })).revision, 1);
});
