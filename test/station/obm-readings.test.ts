/** What OBMs tell when they are asked, through the station. Numbers are those of the acceptance cases. */

import t from 'tap';
import { simulatorGuid, startSimulator } from '../ipmi/simulator.ts';
import { ipmiInfo } from '../obm/daemon.ts';
import { notTold, readingIn } from '../../src/station/obm/readings.ts';
import { host } from './harness.ts';
import type { Answer, Asked } from './harness.ts';
import { Bench, other } from './obm-bench.ts';

/** Of every bench here. */
const daemon = await Bench.daemon(t);

const kinds = ['sensors', 'system-events', 'inventory', 'identity'] as const;

const reading = (bench: Bench, what: string, fqdn = host, asked: Asked = {}): Promise<Answer> =>
  bench.station.ask('GET', `/hosts/${fqdn}/obm/${what}`, undefined, asked);

const waits = (asked: Asked = {}): Asked => ({ ...asked, headers: { prefer: 'wait=300' } });

t.test('a BMC tells who it is, and whether its credentials are right', async (t) => {
  const simulator = await startSimulator(t);
  const bench = await Bench.set(t, { daemon });
  await bench.register({ type: 'ipmi', info: ipmiInfo(simulator.port) });
  t.match(await reading(bench, 'identity'), { status: 409, body: { code: 'obm-disabled' } });
  await bench.turn('enable');
  const { status, body } = await reading(bench, 'identity', host, waits());
  t.equal(status, 200);
  t.match(body, { host, valid: true, guid: simulatorGuid, stale: false, trouble: null });
  for (const what of ['sensors', 'system-events'])
    t.match(await reading(bench, what, host, waits()), { body: { host, observed_at: Number } });
  await bench.register({ type: 'ipmi', info: ipmiInfo(simulator.port, { pass: 'wrong' }) }, other);
  await bench.turn('enable', other);
  const refused = await reading(bench, 'identity', other, waits());
  t.match(refused, {
    status: 200,
    body: { valid: false, guid: null, trouble: { reason: 'credentials-refused' } },
  });
  t.notMatch(refused.text, /wrong|dear-to/);
});

t.test('sensors of a machine that is off are unknown, and not zero', async (t) => {
  const bench = await Bench.set(t, { daemon });
  await bench.register({ info: { boot_ms: 0 } });
  await bench.turn('enable');
  const off = (await reading(bench, 'sensors', host, waits())).body.sensors as {
    value: unknown;
  }[];
  t.ok(off.length > 0 && off.every(({ value }) => value === null));
  await bench.daemon.asAdmin('POST', `/v2/obms/${host}/power`, { action: 'on' });
  await bench.station.ask('PUT', '/vars', { obm_refresh_interval: 0 });
  const on = await reading(bench, 'sensors?max_age=0', host, waits());
  t.ok((on.body.sensors as { value: unknown }[]).some(({ value }) => typeof value === 'number'));
  t.match((await reading(bench, 'inventory', host, waits())).body, {
    host,
    parts: [{ name: String }],
  });
});

t.test('no request waits for an OBM that hangs, unless it would', async (t) => {
  const bench = await Bench.set(t, { daemon });
  await bench.register({ info: { latency_ms: 600_000 } });
  await bench.turn('enable');
  for (const what of [...kinds, 'power', 'console/info']) {
    const began = performance.now();
    const { status, body } = await reading(bench, what);
    t.equal(status, 200, what);
    t.ok(performance.now() - began < 120_000, `${what} is told before the OBM answers`);
    if (what !== 'console/info')
      t.match(body, { observed_at: null, stale: true, refreshing: true, trouble: null });
  }
  let isOver = false;
  const waiting = reading(bench, 'sensors', host, waits()).finally(() => (isOver = true));
  await bench.register({ info: { boot_ms: 0 } }, other);
  await bench.turn('enable', other);
  t.match(await reading(bench, 'sensors', other, waits()), {
    body: { sensors: [{}], stale: false },
  });
  t.notOk(isOver, 'it hangs still');
  t.match(await waiting, {
    status: 200,
    body: { sensors: [], observed_at: null, refreshing: false, trouble: { reason: 'no-answer' } },
  });
});

t.test('9: members ask the OBMs of their machines, and learn of no other', async (t) => {
  const bench = await Bench.set(t, { daemon });
  const { ask } = bench.station;
  await ask('POST', '/projects', { name: 'climate' });
  await ask('POST', '/projects/climate/attach', { hosts: [host] });
  for (const fqdn of [host, other]) await bench.register({ info: { fault: 'no-answer' } }, fqdn);
  for (const fqdn of [host, other]) await bench.turn('enable', fqdn);
  const tokens = await Promise.all(
    (['operator', 'viewer'] as const).map(async (role) => {
      const projects = [{ name: 'climate', role }];
      const issued = await ask('POST', '/tokens', { name: role, role: 'member', projects });
      return issued.body.token as string;
    }),
  );
  const [operator, viewer] = tokens.map((token) => ({ token }));
  for (const what of kinds) {
    const told = await reading(bench, what, host, waits(operator));
    const detail = 'it does not answer';
    t.match(told, { status: 200, body: { trouble: { reason: 'no-answer', detail } } }, what);
    t.notMatch(told.text, new URL(bench.proxy.url).port);
    t.match(await reading(bench, what, host, viewer), { status: 403 });
    const others = await reading(bench, what, other, operator);
    const none = await reading(bench, what, 'no.such.example', operator);
    t.match([others.status, none.status], [404, 404]);
    t.equal(others.body.detail, none.body.detail.replace('no.such.example', other));
  }
});

t.test('what makes no sense is not told', async (t) => {
  for (const body of [null, [], {}, { sensors: {} }]) t.equal(readingIn('sensors', body), null);
  t.same(readingIn('sensors', { sensors: [{ name: 'a\u001b', value: '1', status: 'x' }, 7] }), {
    sensors: [{ name: 'a?', value: null, unit: '', status: 'unknown', note: null }],
    missing: [],
  });
  t.equal(readingIn('system-events', { events: 1 }), null);
  t.same(readingIn('inventory', { parts: { a: 'b', c: 1 } }), {
    parts: [{ name: 'a', value: 'b' }],
  });
  t.match(readingIn('identity', { guid: 7, serial: 'x'.repeat(1000) }), {
    guid: null,
    serial: 'x'.repeat(256),
  });
  t.match(
    notTold('n1', '<b>', 'why').message,
    /n1 did not tell it: it could not be asked \(unknown\)/,
  );
});
