/** Power, boot devices and lamps as operations of the station, on a running OBM daemon. */

import t from 'tap';
import { ordersWaitingMax } from '../../src/core/values/obm.ts';
import { host, until } from './harness.ts';
import type { Answer, Asked } from './harness.ts';
import { Bench, other } from './obm-bench.ts';

/** Of every bench here. */
const daemon = await Bench.daemon(t);

const patient = { prefer: 'wait=300' };

const power = (
  { station }: Bench,
  action: string,
  { headers = patient, ...asked }: Asked = {},
  fqdn = host,
): Promise<Answer> =>
  station.ask('POST', `/hosts/${fqdn}/obm/power`, { action }, { headers, ...asked });

const seen = async ({ station }: Bench, asked: Asked = {}): Promise<string> => {
  const { body } = await station.ask('GET', `/hosts/${host}/obm/power`, undefined, asked);
  return body.state as string;
};

const follow = ({ station }: Bench, id: number, asked: Asked = {}): Promise<Answer> =>
  station.ask('GET', `/operations/${id}`, undefined, { headers: patient, ...asked });

/** Orders that reached the daemon. */
const sent = ({ proxy }: Bench): number =>
  proxy.calls.filter((call) => call === 'POST power').length;

t.test('45: a machine is switched on and off, cycled and reset, as operations', async (t) => {
  const bench = await Bench.set(t, { daemon });
  await bench.register();
  await bench.turn('enable');
  t.equal(await seen(bench), 'unknown', 'nobody has looked yet, and that is not off');
  const wanted: readonly (readonly [action: string, after: string])[] = [
    ...([
      ['on', 'on'],
      ['cycle', 'on'],
      ['reset', 'on'],
    ] as const),
    ...([
      ['off', 'off'],
      ['on', 'on'],
      ['soft', 'off'],
    ] as const),
  ];
  for (const [action, after] of wanted) {
    t.match(await power(bench, action), {
      status: 200,
      body: {
        ...{ kind: `power-${action}`, subject: host, state: 'succeeded', total: 1, done: 1 },
        ...{ failed: [], waiting: [], warnings: [] },
      },
    });
    await bench.daemon.power(host, bench.held()!);
    t.equal(await seen(bench, { headers: patient }), after, action);
  }
  t.match(await power(bench, 'cycle'), {
    body: { state: 'succeeded', warnings: [/it was on that was sent/] },
  });
  t.equal(sent(bench), wanted.length + 1);
});

t.test('boot device and lamp are orders, too', async (t) => {
  const bench = await Bench.set(t, { daemon });
  const { ask } = bench.station;
  await bench.register();
  await bench.turn('enable');
  const headers = patient;
  const put = (path: string, body: object): Promise<Answer> =>
    ask('PUT', `/hosts/${host}/obm/${path}`, body, { headers });
  t.match(await put('boot-device', { device: 'pxe' }), {
    body: { kind: 'boot-device', state: 'succeeded' },
  });
  const { text } = await bench.daemon.asAdmin('GET', `/v2/obms/${host}/boot-device`);
  t.match(JSON.parse(text), { device: 'pxe', persistent: false });
  t.match(await put('light', { light: 30 }), { body: { kind: 'light', state: 'succeeded' } });
  for (const body of [{}, { device: 'floppy' }, { device: 'pxe', efi: 1 }])
    t.match(await put('boot-device', body), { status: 400 });
  for (const body of [{}, { light: 0 }, { light: 256 }, { light: 'blue' }])
    t.match(await put('light', body), { status: 400 });
  for (const action of ['', 'On', 'explode', 7])
    t.match(await ask('POST', `/hosts/${host}/obm/power`, { action }), { status: 400 });
});

t.test('3: nothing is sent to an OBM that is disabled', async (t) => {
  const bench = await Bench.set(t, { daemon });
  const { ask } = bench.station;
  t.match(await power(bench, 'on'), { status: 404, body: { code: 'obm-not-registered' } });
  await bench.register();
  const calls = bench.proxy.calls.length;
  t.match(await power(bench, 'on'), { status: 409, body: { code: 'obm-disabled' } });
  t.match(await ask('GET', `/hosts/${host}/obm/power`), {
    status: 409,
    body: { code: 'obm-disabled' },
  });
  t.equal(bench.proxy.calls.length, calls);
});

t.test('an order is answered at once, and followed by its operation', async (t) => {
  const bench = await Bench.set(t, { daemon });
  await bench.register({ info: { latency_ms: 500 } });
  await bench.turn('enable');
  const begun = await power(bench, 'on', { headers: {} });
  t.match(begun, {
    status: 202,
    body: { state: /^(queued|running)$/, waiting: [{ fid: null, host, name: 'power on' }] },
  });
  t.equal(begun.headers.location, `/api/v1/operations/${begun.body.id}`);
  t.match(await follow(bench, begun.body.id as number), { body: { state: 'succeeded', done: 1 } });
  t.match(
    await bench.station.ask('POST', `/hosts/${host}/obm/power?dry_run=true`, { action: 'off' }),
    {
      body: { dry_run: true, events: [{ type: 'ObmOrdered' }] },
    },
  );
  t.match(await power(bench, 'off', { headers: { 'if-match': '"1"' } }), { status: 412 });
  t.equal(sent(bench), 1);
});

t.test('34: machines whose OBMs hang hold no other machine up', async (t) => {
  const bench = await Bench.set(t, { daemon });
  const { ask } = bench.station;
  const slow = Array.from({ length: 100 }, (_, i) => `slow${i}.example`);
  await bench.register();
  await bench.turn('enable');
  for (const fqdn of slow) {
    await ask('POST', '/hosts', { fqdn });
    await bench.register({ info: { latency_ms: 60_000 } }, fqdn);
    await bench.turn('enable', fqdn);
  }
  const begun: number[] = [];
  for (const fqdn of slow) {
    const { body } = await power(bench, 'on', { headers: {} }, fqdn);
    begun.push(body.id as number);
  }
  await until('all orders to be sent', () => sent(bench) === slow.length);
  t.match(await power(bench, 'on'), { body: { state: 'succeeded' } });
  for (const id of begun)
    t.match(await follow(bench, id, { headers: {} }), { body: { state: 'running' } });
});

t.test('38: one request sent twice under one key is one order', async (t) => {
  const bench = await Bench.set(t, { daemon });
  await bench.register();
  await bench.turn('enable');
  const [first, second] = await Promise.all([
    power(bench, 'cycle', { key: 'once' }),
    power(bench, 'cycle', { key: 'once' }),
  ]);
  const third = await power(bench, 'cycle', { key: 'once' });
  t.match([first.body.state, second.body.state, third.body.state], Array(3).fill('succeeded'));
  t.equal(new Set([first.body.id, second.body.id, third.body.id]).size, 1);
  t.equal(sent(bench), 1);
});

t.test('35, 37: orders of one machine are given in order, and so many may wait', async (t) => {
  const bench = await Bench.set(t, { daemon });
  await bench.register();
  await bench.turn('enable');
  const gate = Promise.withResolvers<boolean>();
  bench.proxy.cuts = (call, when) => when === 'before' && call === 'POST power' && gate.promise;
  const ids: number[] = [];
  for (let i = 0; i < ordersWaitingMax; i += 1) {
    const begun = await power(bench, i % 2 === 0 ? 'on' : 'off', { headers: {} });
    ids.push(begun.body.id as number);
  }
  const refused = await power(bench, 'on', { headers: {} });
  t.match(refused, { status: 429, body: { code: 'too-many-orders' } });
  t.equal(refused.headers['retry-after'], '10');
  await until('the first order', () => sent(bench) > 0);
  t.equal(sent(bench), 1, 'the others wait for it');
  gate.resolve(false);
  for (const id of ids) t.match(await follow(bench, id), { body: { state: 'succeeded' } });
  await bench.daemon.power(host, bench.held()!);
  t.equal(await seen(bench, { headers: patient }), 'off', 'the last one had the last word');
});

t.test('what waits when the right ends is not sent', async (t) => {
  const bench = await Bench.set(t, { daemon });
  await bench.register();
  await bench.turn('enable');
  const gate = Promise.withResolvers<boolean>();
  bench.proxy.cuts = (call, when) => when === 'before' && call === 'POST power' && gate.promise;
  const first = await power(bench, 'on', { headers: {} });
  await until('the first order', () => sent(bench) > 0);
  const second = await power(bench, 'off', { headers: {} });
  t.match(await bench.turn('disable'), { status: 200 }, 'nobody waits for an order');
  gate.resolve(false);
  t.match(await follow(bench, first.body.id as number), {
    body: { state: 'failed', failed: [{ state: 'failed', reason: /unauthorized/ }] },
  });
  t.match(await follow(bench, second.body.id as number), {
    body: { state: 'failed', failed: [{ state: 'failed', reason: /disabled, or enabled anew/ }] },
  });
  t.equal(sent(bench), 1);
});

t.test('39: what nobody knows is said to be unknown, and what was not sent is not', async (t) => {
  const bench = await Bench.set(t, { daemon });
  await bench.register();
  await bench.turn('enable');
  bench.proxy.cuts = (call, when) => call === 'POST power' && when === 'after';
  t.match(await power(bench, 'cycle'), {
    body: { state: 'interrupted', failed: [{ state: 'unknown', reason: /broke off/ }] },
  });
  bench.proxy.cuts = () => false;
  t.equal(sent(bench), 1, 'it is not sent again');
  bench.proxy.close();
  t.match(await power(bench, 'cycle'), {
    body: { state: 'failed', failed: [{ state: 'failed', reason: /cannot be reached/ }] },
  });
  t.match(await bench.station.ask('GET', `/hosts/${host}/obm/power`), {
    status: 200,
    body: { stale: true },
  });
});

t.test('an OBM that fails says why, and whether it did anything', async (t) => {
  const bench = await Bench.set(t, { daemon });
  for (const [fault, state] of [
    ['credentials-refused', 'failed'],
    ['busy', 'failed'],
    ['no-answer', 'unknown'],
    ['outcome-unknown', 'unknown'],
  ] as const) {
    await bench.register({ info: { fault } });
    await bench.turn('enable');
    t.match(await power(bench, 'on'), {
      body: {
        state: state === 'unknown' ? 'interrupted' : 'failed',
        failed: [{ host, state, reason: new RegExp(fault) }],
        problem: new RegExp(fault),
      },
    });
    await bench.turn('disable');
    await bench.unregister();
  }
});

t.test('9: members switch their own machines, and learn of no other order', async (t) => {
  const bench = await Bench.set(t, { daemon });
  const { ask } = bench.station;
  await ask('POST', '/projects', { name: 'climate' });
  await ask('POST', '/projects/climate/attach', { hosts: [host] });
  for (const fqdn of [host, other]) {
    await bench.register({}, fqdn);
    await bench.turn('enable', fqdn);
  }
  const memberOf = async (role: string): Promise<string> => {
    const projects = [{ name: 'climate', role }];
    const { body } = await ask('POST', '/tokens', { name: role, role: 'member', projects });
    return body.token as string;
  };
  const [operator, viewer] = [await memberOf('operator'), await memberOf('viewer')];
  const mine = await power(bench, 'on', { token: operator });
  t.match(mine, { status: 200, body: { state: 'succeeded' } });
  t.match(await power(bench, 'on', { token: viewer }), { status: 403 });
  const theirs = await power(bench, 'on', {}, other);
  for (const token of [operator, viewer]) {
    t.match(await follow(bench, mine.body.id as number, { token }), { status: 200 });
    t.match(await follow(bench, theirs.body.id as number, { token }), { status: 404 });
    const get = (fqdn: string): Promise<Answer> =>
      ask('GET', `/hosts/${fqdn}/obm/power`, undefined, { token });
    t.match(await get(host), { status: 200 });
    t.match(await get(other), { status: 404, body: { code: 'unknown-host' } });
  }
  t.match(await power(bench, 'on', { token: operator }, other), {
    status: 404,
    body: { code: 'unknown-host' },
  });
  t.equal(sent(bench), 2);
});
