/** What is ordered of one machine waits its turn, and reinstalls go by stages: by the API, on a running OBM daemon. */

import t from 'tap';
import { host, reported, until } from './harness.ts';
import type { Answer, Json } from './harness.ts';
import { Bench } from './obm-bench.ts';

/** Of every bench here. */
const daemon = await Bench.daemon(t);

const order = ({ station }: Bench, path: string, body: object = {}, query = ''): Promise<Answer> =>
  station.ask('POST', `/hosts/${host}/${path}${query}`, body);

const operation = async ({ station }: Bench, id: number, wait = 0): Promise<Json> =>
  (
    await station.ask('GET', `/operations/${id}`, undefined, {
      headers: wait > 0 ? { prefer: `wait=${wait}` } : {},
    })
  ).body;

const stageOf = (seen: Json): string | undefined =>
  seen.stages.find(({ state }: Json) => state === 'running')?.name;

/** The host has started, and its agent says so. */
const boots = ({ station }: Bench, boot: string, change: object = {}): Promise<Answer> =>
  station.ask('PUT', `/hosts/${host}/facts`, reported('10.0.0.3', { boot_id: boot, ...change }));

const ready = async (t: Parameters<typeof Bench.set>[0]): Promise<Bench> => {
  const bench = await Bench.set(t, { daemon });
  await bench.register();
  await bench.turn('enable');
  await boots(bench, 'one');
  return bench;
};

t.test('a busy machine queues, says who has it, and lets go of what is cancelled', async (t) => {
  const bench = await ready(t);
  const { ask } = bench.station;
  const gate = Promise.withResolvers<boolean>();
  bench.proxy.cuts = (call, when) => when === 'before' && call === 'POST power' && gate.promise;
  const on = (await order(bench, 'obm/power', { action: 'on' })).body;
  await until('it to be sent', async () => (await operation(bench, on.id)).state === 'running');
  const off = await order(bench, 'obm/power', { action: 'off', begin_within: 600 });
  t.match(off, { status: 202, body: { state: 'queued', queued_behind: on.id, actor: /^token:/ } });
  t.equal((off.body.begin_by - off.body.at) / 1000, 600);
  const again = await order(bench, 'obm/power', { action: 'off' });
  t.match(again, { status: 202, body: { id: off.body.id } }, 'the same is one operation');
  const reinstall = (await order(bench, 'actions/reinstall')).body;
  t.match(reinstall, { state: 'queued', queued_behind: off.body.id, kind: 'reinstall' });

  t.match((await ask('GET', `/hosts/${host}/holder`)).body, {
    ...{ host, holder: { operation: on.id, what: 'power on', stage: 'sent' }, maintenance: null },
    waiting: [{ operation: off.body.id }, { operation: reinstall.id, what: 'reinstall' }],
  });
  t.match(await ask('GET', `/nodes/${host}/holder`), { status: 200, body: { host } });
  t.match(await ask('GET', '/nodes/n9.example/holder'), { status: 404 });
  t.same(
    (await ask('GET', '/operations?state=queued')).body.items.map(({ id }: Json) => id),
    [reinstall.id, off.body.id],
  );

  t.match(await ask('POST', `/operations/${on.id}/cancel`), {
    status: 409,
    body: { code: 'not-cancellable', detail: /was sent already/ },
  });
  t.match(await ask('POST', `/operations/${off.body.id}/cancel`), {
    status: 200,
    body: { state: 'cancelled', problem: /^cancelled by token:\w+ before anything was sent/ },
  });
  t.match(await ask('DELETE', `/operations/${reinstall.id}`), {
    status: 200,
    body: { state: 'cancelled' },
  });
  t.match(await ask('DELETE', '/operations/1'), { status: 409, body: { code: 'not-cancellable' } });
  t.match(await ask('DELETE', '/operations/999999'), { status: 404 });
  gate.resolve(false);
  t.match(await operation(bench, on.id, 30), { state: 'succeeded', queued_behind: null });
  t.match((await ask('GET', `/hosts/${host}/holder`)).body, { holder: null, waiting: [] });
});

t.test('who may only look cancels nothing', async (t) => {
  const bench = await ready(t);
  const gate = Promise.withResolvers<boolean>();
  bench.proxy.cuts = (call, when) => when === 'before' && call === 'POST power' && gate.promise;
  await order(bench, 'obm/power', { action: 'on' });
  const { id } = (await order(bench, 'obm/power', { action: 'off' })).body;
  const token = await bench.station.tokenOf('viewer');
  t.match(await bench.station.ask('POST', `/operations/${id}/cancel`, undefined, { token }), {
    status: 403,
  });
  gate.resolve(false);
  t.match(await operation(bench, id, 30), { state: 'succeeded' });
});

t.test('case 16: a machine is reinstalled stage by stage, and is up by another boot', async (t) => {
  const bench = await ready(t);
  const plan = await order(bench, 'actions/reinstall', {}, '?dry_run=true');
  t.same(
    plan.body.stages.map(({ name }: Json) => name),
    ['drain', 'netboot', 'cycle', 'boot', 'verify', 'start'],
  );
  const { id } = (await order(bench, 'actions/reinstall', { wait_up: 1200 })).body;
  await until('it to be cycled', async () => stageOf(await operation(bench, id)) === 'boot');
  t.same(
    bench.proxy.calls.filter((call) => /^(PUT|POST power)/.test(call)).slice(-2),
    ['PUT boot-device', 'POST power'],
    'it is told what to start from before it is cycled',
  );
  t.match((await bench.station.ask('GET', `/hosts/${host}/holder`)).body, {
    holder: { operation: id, what: 'reinstall', stage: 'boot' },
  });
  const light = (await bench.station.ask('PUT', `/hosts/${host}/obm/light`, { light: 9 })).body;
  t.match(light, { state: 'queued', queued_behind: id }, 'it has the machine');
  await boots(bench, 'one', { kernel: 'another' });
  t.equal(stageOf(await operation(bench, id)), 'boot', 'that is the boot from before');
  await boots(bench, 'two');
  t.match(await operation(bench, id, 30), {
    ...{ kind: 'reinstall', subject: host, state: 'succeeded', done: 6, total: 6, problem: null },
    ...{ begun: Number, ended: Number },
  });
  t.match(await operation(bench, light.id, 30), { state: 'succeeded' }, 'what waited has its turn');
  t.equal(bench.proxy.calls.filter((call) => call === 'POST power').length, 1);
});

t.test('a stage that fails names itself, and a cancelled one says what was done', async (t) => {
  const bench = await ready(t);
  const first = (await order(bench, 'actions/reinstall')).body.id;
  await until('it to be cycled', async () => stageOf(await operation(bench, first)) === 'boot');
  t.match(await bench.station.ask('POST', `/operations/${first}/cancel`), {
    body: {
      state: 'cancelled',
      problem: /; done: drain, netboot, cycle; not done: boot, verify, start$/,
    },
  });
  bench.proxy.cuts = (call) => call === 'PUT boot-device';
  const second = (await order(bench, 'actions/reinstall')).body.id;
  t.match(await operation(bench, second, 60), {
    ...{ state: 'failed', stage: 'failed at netboot', problem: /^netboot: / },
    failed: [{ host, name: 'reinstall' }],
  });
});

t.test('a machine of a project is given back: off, with its OBM disabled', async (t) => {
  const bench = await Bench.set(t, { daemon });
  const { ask } = bench.station;
  await ask('POST', '/projects', { name: 'climate' });
  await ask('POST', '/projects/climate/attach', { hosts: [host] });
  await bench.register();
  await bench.turn('enable');
  const { id } = (await order(bench, 'actions/release')).body;
  t.match(await operation(bench, id, 60), { kind: 'release', state: 'succeeded', problem: null });
  t.match((await ask('GET', `/hosts/${host}`)).body, { project: null, node: null });
  t.equal(await bench.state(), 'disabled');
  t.same(await bench.good(), [], 'no token of it is good');
  t.match((await ask('GET', `/hosts/${host}/holder`)).body, {
    ...{ holder: null, maintenance: { reason: `released by operation ${id}` } },
  });
});
