/** A daemon does nothing for a station that was deposed, whatever that had ordered before. */

import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import type { Test } from 'tap';
import { Executable } from '../agent/executable.ts';
import { until } from '../ipmi/simulator.ts';
import { Daemon } from './daemon.ts';
import type { Answered } from './daemon.ts';
import { EventReader } from './event-reader.ts';

const cluster = 'c0ffee00';
const flags = ['--poll', '0', '--no-console-log'];

/** A station of a cluster, as the daemon hears it. */
class Asking {
  readonly #daemon: Daemon;
  readonly #headers: Record<string, string>;

  constructor(daemon: Daemon, term: number, of = cluster) {
    this.#daemon = daemon;
    this.#headers = { 'halcyon-term': `${term}`, 'halcyon-cluster': of };
  }

  /** By the token of the administrator. */
  admin(method: string, path: string, body?: object): Promise<Answered> {
    const basic = Buffer.from(`admin:${this.#daemon.admin}`).toString('base64');
    return this.#ask(`Basic ${basic}`, method, path, body);
  }

  /** By the token of an OBM. */
  holder(token: string, method: string, path: string, body?: object): Promise<Answered> {
    return this.#ask(`Bearer ${token}`, method, path, body);
  }

  order(token: string, action: string, label = 'n1'): Promise<Answered> {
    return this.holder(token, 'POST', `/v2/obms/${label}/power`, { action });
  }

  announce(): Promise<Answered> {
    return this.admin('PUT', '/v2/term');
  }

  #ask(authorization: string, method: string, path: string, body?: object): Promise<Answered> {
    return this.#daemon.ask(method, path, body, { ...this.#headers, authorization });
  }
}

const start = async (t: Test, info: object = {}): Promise<{ daemon: Daemon; token: string }> => {
  const daemon = await Daemon.start(t, flags);
  return { daemon, token: await daemon.lend('n1', 'dummy', info) };
};

const stale = (said: number, heard: number): object => ({
  status: 409,
  text: new RegExp(`"stale-term","detail":"term ${said} is over: term ${heard} was heard of"`),
});

/** Waits until so many orders of it wait or are under way. */
const waits = async (daemon: Daemon, orders: number): Promise<void> => {
  await until(`${orders} orders`, async () => {
    const { text } = await daemon.asAdmin('GET', '/v2/obms/n1');
    return (JSON.parse(text) as { orders: number }).orders === orders;
  });
};

t.test('a station that was deposed is refused, whatever it asks for', async (t) => {
  const { daemon, token } = await start(t);
  const [old, next] = [new Asking(daemon, 5), new Asking(daemon, 6)];
  t.match(await old.announce(), { status: 204 });
  t.match(await old.order(token, 'on'), { status: 200 });
  t.match(await next.admin('GET', '/v2/obms'), { status: 200 }, 'any request of the next says it');
  const refused = [
    old.order(token, 'off'),
    old.holder(token, 'POST', '/node/n1/power_off'),
    old.holder(token, 'PUT', '/v2/obms/n1/boot-device', { device: 'pxe', persistent: false }),
    old.holder(token, 'PUT', '/v2/obms/n1/light', { light: 3 }),
    old.holder(token, 'POST', '/v2/obms/n1/console/connections', {}),
    old.holder(token, 'GET', '/v2/obms/n1/sensors'),
    old.admin('PUT', '/node/n2', { type: 'dummy', info: {} }),
    old.admin('POST', '/node/n1/token'),
    old.admin('DELETE', '/node/n1/token'),
    old.admin('DELETE', '/node/n1'),
    old.admin('GET', '/v2/events'),
    old.announce(),
  ];
  for (const answer of await Promise.all(refused)) t.match(answer, stale(5, 6));
  t.equal(await daemon.power('n1', token), 'on', 'which is asked by somebody who is no station');
  t.match(await next.order(token, 'off'), { status: 200 });
  t.match(await daemon.ask('POST', `/node/n1/power_on?token=${token}`), { status: 200 });
  t.match(await new Asking(daemon, 1, '00000001').order(token, 'off'), { status: 200 });
});

t.test('who leads is known after kill -9, and where it cannot be read nothing runs', async (t) => {
  const { daemon, token } = await start(t);
  await new Asking(daemon, 6).announce();
  await daemon.process.stop('SIGKILL');
  await daemon.run();
  t.match(await new Asking(daemon, 5).order(token, 'on'), stale(5, 6));
  t.equal(await daemon.power('n1', token), 'off');
  const file = join(daemon.data, 'terms');
  t.same(JSON.parse(readFileSync(file, 'utf8')), { [cluster]: 6 });

  await daemon.process.stop();
  writeFileSync(file, '{"c0ffee00":');
  const confused = new Executable(t, ['obmd', '--data', daemon.data, '--listen', '127.0.0.1:0']);
  t.match(await confused.exit, { code: 1 });
  t.match(confused.stderr, /terms does not hold the terms of leadership/);
});

t.test('whoever has the token of one OBM says nothing about who leads', async (t) => {
  const { daemon, token } = await start(t);
  t.match(await new Asking(daemon, 9).order(token, 'on'), { status: 200 });
  t.match(await new Asking(daemon, 2).announce(), { status: 204 });
  t.match(await new Asking(daemon, 2).order(token, 'off'), { status: 200 });
});

t.test('what is no term is refused, and so is a term that cannot be kept', async (t) => {
  const { daemon, token } = await start(t);
  const basic = `Basic ${Buffer.from(`admin:${daemon.admin}`).toString('base64')}`;
  for (const headers of [
    { 'halcyon-term': '0', 'halcyon-cluster': cluster },
    { 'halcyon-term': '1.5', 'halcyon-cluster': cluster },
    { 'halcyon-term': '9'.repeat(20), 'halcyon-cluster': cluster },
    { 'halcyon-term': '1' },
    { 'halcyon-cluster': cluster },
    { 'halcyon-term': '1', 'halcyon-cluster': 'mine' },
    {},
  ] as Record<string, string>[])
    t.match(await daemon.ask('PUT', '/v2/term', undefined, { ...headers, authorization: basic }), {
      status: 400,
      text: /Halcyon-/,
    });
  const draft = join(daemon.data, 'terms.new');
  mkdirSync(join(draft, 'in the way'), { recursive: true });
  t.match(await new Asking(daemon, 6).announce(), { status: 507, text: /"term-not-kept"/ });
  t.match(await new Asking(daemon, 5).order(token, 'on'), stale(5, 6), 'it was heard all the same');
  rmSync(draft, { recursive: true });
  t.match(await new Asking(daemon, 6).announce(), { status: 204 });
  t.same(JSON.parse(readFileSync(join(daemon.data, 'terms'), 'utf8')), { [cluster]: 6 });
});

t.test('what has begun goes on; what waits for its turn never begins', async (t) => {
  const { daemon, token } = await start(t, { latency_ms: 3000 });
  const [old, next] = [new Asking(daemon, 5), new Asking(daemon, 6)];
  await old.announce();
  const told = await EventReader.start(daemon);
  const first = old.order(token, 'on');
  await told.hears('order-begun');
  const waiting = [
    old.order(token, 'cycle'),
    old.holder(token, 'PUT', '/v2/obms/n1/boot-device', { device: 'pxe', persistent: true }),
    old.holder(token, 'PUT', '/v2/obms/n1/light', { light: 3 }),
  ];
  const later = daemon.ask('POST', `/node/n1/power_cycle?token=${token}`, '{}');
  await waits(daemon, 5);
  t.match(await next.announce(), { status: 204 });
  t.match(await first, { status: 200, text: /"done"/ }, 'what has begun is not cut in half');
  for (const answer of await Promise.all(waiting)) t.match(answer, stale(5, 6));
  t.match(await later, { status: 200 }, 'somebody who is no station is not deposed');
  t.match(await next.order(token, 'off'), { status: 200, text: /"done"/ });
  await told.hears('order-ended', 3);
  t.same(
    told.events.flatMap(({ type, data }) => (type === 'order-begun' ? [data.action] : [])),
    ['on', 'cycle', 'off'],
  );
  told.stop();
  const { text } = await daemon.asAdmin('GET', '/v2/obms/n1/boot-device');
  t.notMatch(text, /pxe/);
});
