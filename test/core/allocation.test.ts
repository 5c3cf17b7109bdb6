/** Which fid, endpoint and range value a process gets. */

import t from 'tap';
import type { Command } from '../../src/core/commands/index.ts';
import type { Engine } from '../../src/core/engine.ts';
import type { Fid } from '../../src/core/values/fid.ts';
import {
  add,
  addedBy,
  commitOf,
  dataOf,
  declaredHost,
  given,
  load,
  newEngine,
  nodeUp,
  noon,
  rejectionOf,
  remove,
  report,
  roleSource,
  setVars,
  submit,
} from './scenario.ts';

const host = 'n1.example';
const oneHost = (): Engine => given(load(), nodeUp(host)).engine;
const endpoints = (processes: readonly { endpoint: string }[]): string[] =>
  processes.map(({ endpoint }) => endpoint.replace('10.0.0.1@tcp:12345:', ''));

t.test('the first process of a host makes its node in the same commit', async (t) => {
  const commit = commitOf(oneHost(), add(host, 'app'));
  t.strictSame(
    commit.events.map(({ type }) => type),
    ['NodeAdded', 'SpecRendered', 'ProcessAdded'],
  );
  t.strictSame(dataOf(commit, 'NodeAdded'), [{ fid: '0x6e00000000000001:0x2' as Fid, host }]);
});

t.test('the second process of a host finds its node and its spec', async (t) => {
  const engine = oneHost();
  const [first] = addedBy(engine, add(host, 'app'));
  const commit = commitOf(engine, add(host, 'app'));
  t.strictSame(
    commit.events.map(({ type }) => type),
    ['ProcessAdded'],
  );
  t.match(dataOf(commit, 'ProcessAdded'), [{ node: first!.node, spec: first!.spec }]);
});

t.test('a node needs no agent where the LNet id is declared', async (t) => {
  const silent = declaredHost(host, [], { variables: { lnid: '10.0.0.1@tcp' } });
  const engine = given(load({ hosts: [silent] })).engine;
  t.strictSame(endpoints(addedBy(engine, add(host, 'app'))), ['41:400']);
  t.equal(engine.graph.must('host', host).state, 'unknown');
});

t.test('what a role requires is added once per node, before it', async (t) => {
  const engine = given(load(), nodeUp(host), nodeUp('n2.example', '10.0.0.2')).engine;
  const roles = (command: Parameters<typeof addedBy>[1]) =>
    addedBy(engine, command).map(({ role }) => role);
  t.strictSame(roles(add(host, 'm0t1fs')), ['ha', 'm0t1fs']);
  t.strictSame(roles(add(host, 'm0t1fs', 'confd')), ['m0t1fs', 'confd']);
  t.strictSame(roles(add('n2.example', 'confd', 'm0t1fs')), ['ha', 'confd', 'm0t1fs']);
});

t.test('a listed role that another one requires comes first and is not added twice', async (t) => {
  const engine = oneHost();
  const added = addedBy(engine, add(host, 'confd', 'ha', 'm0t1fs'));
  t.strictSame(
    added.map(({ role }) => role),
    ['ha', 'confd', 'm0t1fs'],
  );
});

t.test('a role listed twice is added twice, in its place', async (t) => {
  const added = addedBy(oneHost(), add(host, 'app', 'web', 'app'));
  t.strictSame(
    added.map(({ role }) => role),
    ['app', 'web', 'app'],
  );
});

t.test('requirements reach through several roles', async (t) => {
  const roles = [
    roleSource('ha', { requires: [] }),
    roleSource('confd', { requires: ['ha'] }),
    roleSource('app', { requires: ['confd'] }),
  ];
  const engine = given(load({ roles }), nodeUp(host)).engine;
  t.strictSame(
    addedBy(engine, add(host, 'app', 'ha')).map(({ role }) => role),
    ['ha', 'confd', 'app'],
  );
});

t.test('T05, T06: the worked example: m0t1fs, clovis-app, s3server', async (t) => {
  const added = addedBy(oneHost(), add(host, 'm0t1fs', 'clovis-app', 's3server'));
  t.strictSame(endpoints(added), [
    '34:101',
    '41:301',
    ...['41:302', '41:303', '41:304', '41:305'],
    ...['41:306', '41:307', '41:308', '41:309'],
  ]);
  t.strictSame(
    added.slice(6).map(({ ranges }) => ranges),
    [8081, 8082, 8083, 8084].map((port) => ({ MERO_S3SERVER_PORT: port })),
  );
});

t.test('the worked example the other way round: s3server, clovis-app', async (t) => {
  const added = addedBy(oneHost(), add(host, 's3server', 'clovis-app'));
  t.strictSame(endpoints(added), [
    '34:101',
    ...['41:303', '41:304', '41:305', '41:306'],
    ...['41:302', '41:307', '41:308', '41:309'],
  ]);
});

t.test('several requests find what one request finds', async (t) => {
  const engine = oneHost();
  const apart = ['m0t1fs', 'clovis-app', 's3server'].flatMap((role) =>
    addedBy(engine, add(host, role)),
  );
  const together = addedBy(oneHost(), add(host, 'm0t1fs', 'clovis-app', 's3server'));
  t.strictSame(apart, together);
});

t.test('T15: templates of one role with one endpoint are told apart', async (t) => {
  const added = addedBy(oneHost(), add(host, 'pair'));
  t.strictSame(endpoints(added), ['42:1', '42:2']);
  t.strictSame(
    added.map(({ services }) => services.length),
    [1, 3],
  );
});

t.test('an endpoint is unique in the cluster, whichever host has it', async (t) => {
  const engine = given(load(), nodeUp(host), nodeUp('n2.example', '10.0.0.2')).engine;
  t.strictSame(endpoints(addedBy(engine, add(host, 'web'))), ['www.example:65534']);
  t.strictSame(endpoints(addedBy(engine, add('n2.example', 'web'))), ['www.example:65535']);
});

t.test('two hosts with one LNet id share its endpoints', async (t) => {
  const engine = given(load(), nodeUp(host), nodeUp('n2.example')).engine;
  t.strictSame(endpoints(addedBy(engine, add(host, 'app'))), ['41:400']);
  t.strictSame(endpoints(addedBy(engine, add('n2.example', 'app'))), ['41:401']);
});

t.test('a process keeps its endpoint in every state', async (t) => {
  for (const state of ['starting', 'online', 'offline', 'failed'] as const) {
    const engine = oneHost();
    const [first] = addedBy(engine, add(host, 'app'));
    commitOf(engine, report(first!.fid, state));
    t.strictSame(endpoints(addedBy(engine, add(host, 'app'))), ['41:401'], state);
  }
});

t.test('the last segment of an LNet address ends at 4095 and does not wrap', async (t) => {
  const engine = oneHost();
  t.strictSame(endpoints(addedBy(engine, add(host, ['last', { multiplicity: 2 }]))), [
    '41:4094',
    '41:4095',
  ]);
  const digest = engine.graph.digest();
  t.match(rejectionOf(engine, add(host, 'last')), {
    code: 'no-free-endpoint',
    message: /10\.0\.0\.1@tcp:12345:41:4094 up to 10\.0\.0\.1@tcp:12345:41:4095/,
  });
  t.equal(engine.graph.digest(), digest);
});

t.test('a port ends at 65535 and does not wrap', async (t) => {
  t.match(rejectionOf(oneHost(), add(host, ['web', { multiplicity: 3 }])), {
    code: 'no-free-endpoint',
  });
});

const fireDeadlines: Command = { type: 'FireDeadlines' };

t.test('without a cool-down an endpoint is free again after removal, a fid never', async (t) => {
  const engine = oneHost();
  commitOf(engine, setVars({ endpoint_cooldown: 0 }));
  const [first, second] = addedBy(engine, add(host, ['app', { multiplicity: 3 }]));
  commitOf(engine, remove(second!.fid));
  commitOf(engine, remove(first!.fid));
  const again = addedBy(engine, add(host, ['app', { multiplicity: 3 }]));
  t.strictSame(endpoints(again), ['41:400', '41:401', '41:403']);
  const fids = new Set([first!.fid, second!.fid, ...again.map(({ fid }) => fid)]);
  t.equal(fids.size, 5);
});

t.test('T39: after a removal nobody gets the endpoint until it has cooled down', async (t) => {
  const engine = oneHost();
  const [first] = addedBy(engine, add(host, ['app', { multiplicity: 2 }]));
  const removal = commitOf(engine, remove(first!.fid));
  t.match(dataOf(removal, 'ProcessRemoved'), [{ cools_until: noon + 60_000 }]);
  t.strictSame(endpoints(addedBy(engine, add(host, 'app'))), ['41:402']);
  t.equal(submit(engine, fireDeadlines, { at: noon + 59_999 }).kind, 'unchanged');

  const cooled = commitOf(engine, fireDeadlines, { at: noon + 60_000 });
  t.strictSame(
    dataOf(cooled, 'EndpointsCooled').map(({ endpoints }) => endpoints),
    [[first!.endpoint]],
  );
  t.strictSame(endpoints(addedBy(engine, add(host, 'app'))), ['41:400']);
  t.equal(engine.graph.count('deadline'), 0, 'nothing of it is left');
});

t.test(
  'where no other endpoint is free, the one that has been free longest is taken',
  async (t) => {
    const engine = oneHost();
    const [low, high] = addedBy(engine, add(host, ['last', { multiplicity: 2 }]));
    commitOf(engine, remove(high!.fid));
    commitOf(engine, remove(low!.fid));
    const [next] = addedBy(engine, add(host, 'last'));
    t.equal(next!.endpoint, high!.endpoint);
    commitOf(engine, remove(next!.fid));
    t.equal(addedBy(engine, add(host, 'last'))[0]!.endpoint, low!.endpoint);
    t.equal(addedBy(engine, add(host, 'last'))[0]!.endpoint, high!.endpoint);
    t.match(rejectionOf(engine, add(host, 'last')), { code: 'no-free-endpoint' });
  },
);

t.test(
  'one request takes what is free first, then what cools, and no endpoint twice',
  async (t) => {
    const engine = oneHost();
    const [low, high] = addedBy(engine, add(host, ['last', { multiplicity: 2 }]));
    commitOf(engine, remove(high!.fid));
    t.match(rejectionOf(engine, add(host, ['last', { multiplicity: 2 }])), {
      code: 'no-free-endpoint',
    });
    commitOf(engine, remove(low!.fid));
    t.match(rejectionOf(engine, add(host, 'last', 'last', 'last')), { code: 'no-free-endpoint' });
    t.strictSame(endpoints(addedBy(engine, add(host, 'last', 'last'))), ['41:4095', '41:4094']);
  },
);

t.test(
  'an endpoint that is taken while it cools does not come free by the old deadline',
  async (t) => {
    const engine = oneHost();
    const [low, high] = addedBy(engine, add(host, ['last', { multiplicity: 2 }]));
    commitOf(engine, remove(low!.fid));
    addedBy(engine, add(host, 'last'));
    t.equal(submit(engine, fireDeadlines, { at: noon + 3_600_000 }).kind, 'unchanged');
    t.match(rejectionOf(engine, add(host, 'last')), { code: 'no-free-endpoint' });
    t.equal(engine.graph.must('process', high!.fid).endpoint, high!.endpoint);
  },
);

t.test('a cool-down that is changed holds for the removals that follow', async (t) => {
  const engine = oneHost();
  const [first, second] = addedBy(engine, add(host, ['app', { multiplicity: 2 }]));
  commitOf(engine, remove(first!.fid));
  commitOf(engine, setVars({ endpoint_cooldown: 0 }));
  commitOf(engine, remove(second!.fid));
  t.strictSame(endpoints(addedBy(engine, add(host, 'app'))), ['41:401']);
});

t.test('the fid of the very last process is not given out again', async (t) => {
  const engine = oneHost();
  const [only] = addedBy(engine, add(host, 'app'));
  commitOf(engine, remove(only!.fid));
  const [next] = addedBy(engine, add(host, 'app'));
  t.not(next!.fid, only!.fid);
  t.not(next!.spec, only!.spec, 'nor is the id of a spec that went with it');
});

t.test('a process takes the lowest value of a range that is unused on its node', async (t) => {
  const engine = given(load(), nodeUp(host), nodeUp('n2.example', '10.0.0.2')).engine;
  const ports = (name: string): number[] =>
    addedBy(engine, add(name, 'ported')).map(({ ranges }) => ranges['PORT']!);
  t.strictSame(ports(host), [9000]);
  const [second] = addedBy(engine, add(host, 'ported'));
  t.strictSame(ports(host), [9002]);
  t.strictSame(ports('n2.example'), [9000], 'another node has values of its own');
  commitOf(engine, remove(second!.fid));
  t.strictSame(ports(host), [9001]);
});

t.test('an exhausted range adds nothing at all', async (t) => {
  for (const command of [
    add(host, ['ported', { multiplicity: 4 }]),
    add(host, 'm0t1fs', ['ported', { multiplicity: 4 }]),
  ])
    given(load(), nodeUp(host))
      .when(command)
      .thenRejected(t, { code: 'environment-range-exhausted', subject: 'PORT' });
});

t.test('after a refusal the same values are there for the next request', async (t) => {
  const engine = oneHost();
  rejectionOf(engine, add(host, 'app', ['ported', { multiplicity: 4 }]));
  t.strictSame(
    addedBy(engine, add(host, 'app', ['ported', { multiplicity: 3 }])),
    addedBy(oneHost(), add(host, 'app', ['ported', { multiplicity: 3 }])),
  );
});

t.test('a multiplicity of N adds N processes in one commit, or none', async (t) => {
  const engine = oneHost();
  t.equal(addedBy(engine, add(host, ['app', { multiplicity: 1000 }])).length, 1000);
  given(load(), nodeUp(host))
    .when(add(host, ['app', { multiplicity: 3697 }]))
    .thenRejected(t, { code: 'no-free-endpoint' });
});

t.test('not given, the multiplicity is 1', async (t) => {
  t.equal(addedBy(oneHost(), add(host, 'app')).length, 1);
});

t.test('two equal requests are two requests', async (t) => {
  const engine = oneHost();
  const twice = [addedBy(engine, add(host, 'app')), addedBy(engine, add(host, 'app'))];
  t.strictSame(twice.flatMap(endpoints), ['41:400', '41:401']);
});

t.test('services have fids of their own and go with their process', async (t) => {
  const engine = oneHost();
  const [, right] = addedBy(engine, add(host, 'pair'));
  const services = [...engine.graph.many('provides', right!.fid)];
  t.strictSame(
    services.map(({ type }) => type),
    ['RMS', 'CAS', 'ISCS'],
  );
  t.strictSame(
    services.map(({ fid }) => fid),
    right!.services,
  );
  commitOf(engine, remove(right!.fid));
  t.notOk(services.some(({ fid }) => engine.graph.get('service', fid)));
});

t.test('values beyond 32 bits are told apart', async (t) => {
  const table = {
    wide: [{ endpoint: 'w.example:1', ranges: { N: [2 ** 32, 2 ** 32 + 9] as const } }],
    narrow: [{ endpoint: 'n.example:1', ranges: { N: [0, 9] as const } }],
  };
  const engine = newEngine(table);
  submit(engine, load({ roles: [roleSource('wide'), roleSource('narrow')] }));
  submit(engine, nodeUp(host));
  const value = (role: string) => addedBy(engine, add(host, role))[0]!.ranges['N'];
  t.equal(value('narrow'), 0);
  t.equal(value('wide'), 2 ** 32);
  t.equal(value('wide'), 2 ** 32 + 1);
});
