/** What is known of machines by their OBMs is told at once, with its age, and looked at again for all who ask together. */

import t from 'tap';
import { host, until } from './harness.ts';
import type { Answer } from './harness.ts';
import { Bench, other } from './obm-bench.ts';

/** Of every bench here. */
const daemon = await Bench.daemon(t);

const power = (bench: Bench, query = ''): Promise<Answer> =>
  bench.station.ask('GET', `/hosts/${host}/obm/power${query}`);

const refresh = (bench: Bench, body: object = {}, seconds = 60, fqdn = host): Promise<Answer> =>
  bench.station.ask('POST', `/hosts/${fqdn}/obm/refresh`, body, {
    headers: { prefer: `wait=${seconds}` },
  });

const enabled = async (t: Parameters<typeof Bench.set>[0], info: object = {}): Promise<Bench> => {
  const bench = await Bench.set(t, { daemon });
  await bench.register({ info: { boot_ms: 0, ...info } });
  await bench.turn('enable');
  return bench;
};

/** How often the daemon was asked to look. */
const looks = (bench: Bench): number =>
  bench.proxy.calls.filter((call) => call === 'POST refresh').length;

t.test('state that is stale says so, and is looked at again behind the answer', async (t) => {
  const bench = await enabled(t);
  const first = await power(bench);
  t.match(first.body, { host, state: 'unknown', observed_at: null, stale: true, refreshing: true });
  const seen = await until('it is seen', async () => {
    const { body } = await power(bench);
    return body.stale === false ? body : null;
  });
  t.match(seen, { state: 'off', refreshing: false, trouble: null });
  t.ok(Math.abs((seen.observed_at as number) - Date.now()) < 60_000);
  const before = looks(bench);
  for (let i = 0; i < 50; i += 1) await power(bench);
  t.equal(looks(bench), before, 'what is fresh is not looked at');
});

t.test('a thousand who want a look cause one', async (t) => {
  const bench = await enabled(t, { latency_ms: 1_000 });
  // However slow this machine is.
  await bench.station.ask('PUT', '/vars', { obm_refresh_interval: 600 });
  const all: Answer[] = [];
  // One token may have no more requests under way.
  while (all.length < 1_000)
    all.push(...(await Promise.all(Array.from({ length: 25 }, () => refresh(bench, {}, 0)))));
  const ids = new Set(all.map(({ body }) => body.id));
  t.equal(ids.size, 1, 'all follow the same operation');
  t.ok(all.every(({ status }) => status === 202 || status === 200));
  const { body } = await bench.station.ask('GET', `/operations/${[...ids][0]}`, undefined, {
    headers: { prefer: 'wait=300' },
  });
  t.match(body, { kind: 'refresh', subject: host, state: 'succeeded' });
  t.equal(looks(bench), 2, 'one of the power, and one of who answers');
  const after = await refresh(bench);
  t.match(after, { status: 200, body: { id: body.id, state: 'succeeded' } });
  t.equal(looks(bench), 2, 'so soon after it nothing new would be seen');
  t.match((await power(bench)).body, { state: 'off', stale: false });
});

t.test('a look that fails says why, and what was seen before stays, with its age', async (t) => {
  const bench = await enabled(t);
  await refresh(bench, { what: ['power'] });
  const { body: known } = await power(bench);
  t.match(known, { state: 'off', stale: false });
  await bench.daemon.process.stop('SIGKILL');
  await until('the daemon is missed', async () => (await power(bench)).body.trouble);
  const { body } = await power(bench);
  t.match(body, { state: 'off', observed_at: known.observed_at, trouble: { reason: 'away' } });
  const failed = await refresh(bench, { what: ['power'] });
  t.match(failed.body, { id: Number });
  await bench.station.ask('PUT', '/vars', { obm_refresh_interval: 0 });
  t.match((await refresh(bench, { what: ['power'] })).body, {
    state: 'failed',
    failed: [{ reason: /power: its OBM daemon (is away|broke off)/ }],
  });
  await bench.daemon.run();
});

t.test('an order waits for no look', async (t) => {
  const bench = await enabled(t, { latency_ms: 60_000 });
  await refresh(bench, { what: ['sensors', 'inventory', 'power'] }, 0);
  const ordered = await bench.station.ask('POST', `/hosts/${host}/obm/power`, { action: 'on' });
  await until('the order is sent', () => bench.proxy.orders.length === 1 || null);
  const { body } = await bench.station.ask('GET', '/operations?kind=refresh');
  t.match(body.items, [{ state: 'running' }], 'the look is under way still');
  t.equal(ordered.status, 202);
});

t.test('one token sets off so many orders and looks, and others theirs', async (t) => {
  const bench = await enabled(t);
  await bench.station.ask('PUT', '/vars', { obm_actor_rate: 1 });
  let [taken, refused] = [0, await refresh(bench, {}, 0)];
  // One more for each second that they take.
  for (; refused.status !== 429 && taken < 2000; taken += 1) refused = await refresh(bench, {}, 0);
  t.match(refused.body, { code: 'too-many-requests', detail: /1 orders and looks a second/ });
  t.ok(taken >= 100, `${taken} were taken`);
  t.equal((await power(bench)).status, 200, 'what is known is told all the same');
  const token = await bench.station.tokenOf('operator');
  const theirs = await bench.station.ask('POST', `/hosts/${host}/obm/refresh`, {}, { token });
  t.match(theirs, { body: { kind: 'refresh' } });
});

t.test('looks are no orders: they are counted, and remembered, for themselves', async (t) => {
  const bench = await enabled(t);
  await bench.station.ask('PUT', '/vars', { obm_refresh_interval: 0 });
  const on = await bench.station.ask(
    'POST',
    `/hosts/${host}/obm/power`,
    { action: 'on' },
    { headers: { prefer: 'wait=300' } },
  );
  for (let i = 0; i < 12; i += 1) await refresh(bench, { what: ['power'] });
  const { body } = await bench.station.ask('GET', `/operations/${on.body.id}`);
  t.match(body, { kind: 'power-on', state: 'succeeded' });
});

t.test('the console of a machine is told as its daemon has it', async (t) => {
  const bench = await enabled(t);
  const info = (fqdn = host): Promise<Answer> =>
    bench.station.ask('GET', `/hosts/${fqdn}/obm/console/info`);
  const { body } = await until('it is known', async () => {
    const told = await info();
    return told.body.observed_at === null ? null : told;
  });
  t.match(body, { host, state: 'idle', viewers: 0, logged: false, stale: false });
  t.match(await info(other), { status: 404, body: { code: 'obm-not-registered' } });
});

t.test('what is done again and again is told, by whom, how often and how late', async (t) => {
  const bench = await enabled(t);
  const daemon = new URL(bench.proxy.url).href.replace(/\/$/, '');
  const works = await until('the daemon has told', async () => {
    const { body } = await bench.station.ask('GET', '/station');
    const all = body.periodic as { work: string; where: string; period_ms: number }[];
    return all.some((one) => one.work === 'validation') ? all : null;
  });
  t.match(works.map(({ work, where }) => `${work} ${where}`).toSorted(), [
    'clean-up station',
    `event logs ${daemon}`,
    `news of OBMs ${daemon}`,
    `power sync ${daemon}`,
    `validation ${daemon}`,
  ]);
  t.match(
    works.find(({ work }) => work === 'power sync'),
    { period_ms: 0, items: 1, lag_ms: 0 },
  );
  const { text } = await bench.station.ask('GET', '/metrics');
  t.match(text, /halcyon_periodic_lag_seconds\{work="clean-up",where="station"\} [0-9.]+/);
  t.match(text, new RegExp(`halcyon_periodic_due\\{work="power sync",where="${daemon}"\\} 0`));
});
