/** A station that does not lead any more does nothing outside, and takes no for an answer. */

import { createServer } from 'node:http';
import type { IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import t from 'tap';
import { Announced } from '../../src/station/obm/announced.ts';
import { Holder } from '../../src/station/obm/holder.ts';
import { Obmd } from '../../src/station/obm/obmd.ts';
import { systemTime } from '../../src/station/time.ts';
import { host, until } from './harness.ts';
import type { Answer } from './harness.ts';
import { Bench } from './obm-bench.ts';

/** Of every bench here. */
const daemon = await Bench.daemon(t);

const patient = { prefer: 'wait=300' };

const power = ({ station }: Bench, action: string): Promise<Answer> =>
  station.ask('POST', `/hosts/${host}/obm/power`, { action }, { headers: patient });

/** The station that leads next has told the daemon so. */
const depose = async ({ daemon, station: { station } }: Bench, term: number): Promise<void> => {
  const basic = Buffer.from(`admin:${daemon.admin}`).toString('base64');
  const headers = { 'halcyon-term': `${term}`, 'halcyon-cluster': station.mandate.cluster! };
  const told = { ...headers, authorization: `Basic ${basic}` };
  t.match(await daemon.ask('PUT', '/v2/term', undefined, told), { status: 204 });
};

t.test('a daemon that has heard of the next station does nothing for the one before', async (t) => {
  const bench = await Bench.set(t, { daemon });
  const { mandate } = bench.station.station;
  const said: string[] = [];
  mandate.judgedBy({ stillLeads: () => true, deposed: (why) => void said.push(why) });
  await bench.register();
  await bench.turn('enable');
  t.match(await power(bench, 'on'), { body: { state: 'succeeded' } });
  await depose(bench, 7);
  const { body } = await power(bench, 'off');
  t.match(body, {
    state: 'failed',
    failed: [{ reason: /nothing was done: .* term 1 is over: term 7 was heard of/ }],
  });
  t.equal(said.length, 1, 'whoever decides who leads is told so, once');
  t.match(said[0], /term 1 is over: term 7 was heard of/);
  t.equal(await bench.daemon.power(host, bench.held()!), 'on');
  t.match(await bench.turn('reissue'), { status: 502, body: { detail: /term 7 was heard of/ } });
});

t.test('the next term of the same station goes on', async (t) => {
  const bench = await Bench.set(t, { daemon });
  const { duties } = bench.station.station;
  await bench.register();
  await bench.turn('enable');
  await depose(bench, 7);
  await duties.stop();
  duties.start(8);
  t.match(await power(bench, 'on'), { body: { state: 'succeeded' } });
});

t.test('nothing is sent while it is not sure that this station leads', async (t) => {
  const bench = await Bench.set(t, { daemon });
  const { station } = bench.station;
  let leads = true;
  station.mandate.judgedBy({ stillLeads: () => leads, deposed: () => undefined });
  await bench.register();
  await bench.turn('enable');
  const sent = (): number => bench.proxy.calls.filter((call) => call === 'POST power').length;
  leads = false;
  const ordered = power(bench, 'on');
  await until('its beginning to be in the log', () =>
    [...station.graph.all('order')].some(({ state }) => state === 'begun'),
  );
  await bench.turn('disable').then(({ status }) => t.equal(status, 502));
  t.equal(sent(), 0);
  leads = true;
  t.match(await ordered, { body: { state: 'succeeded' } });
  t.equal(sent(), 1);
});

t.test('what began and was never sent is reported by the next term, not done', async (t) => {
  const bench = await Bench.set(t, { daemon });
  const { station } = bench.station;
  let leads = true;
  station.mandate.judgedBy({ stillLeads: () => leads, deposed: () => undefined });
  await bench.register();
  await bench.turn('enable');
  leads = false;
  const ordered = power(bench, 'on');
  await until('its beginning to be in the log', () =>
    [...station.graph.all('order')].some(({ state }) => state === 'begun'),
  );
  await station.duties.stop();
  leads = true;
  station.duties.start(2);
  t.match(await ordered, { body: { state: 'interrupted' } });
  t.notOk(bench.proxy.calls.includes('POST power'));
});

t.test('a daemon hears of a new term before anything is done there by a token', async (t) => {
  const asked: string[] = [];
  const answers: { status: number; body?: object }[] = [];
  const server = createServer((request: IncomingMessage, response) => {
    const { method, url, headers } = request;
    asked.push([method, url, headers['halcyon-term'], headers['halcyon-cluster']].join(' '));
    const { status, body } = answers.shift() ?? { status: 200, body: { outcome: 'done' } };
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(body && JSON.stringify(body));
  });
  t.teardown(() => server.close());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  let leading = { cluster: 'c0ffee00', term: 3 };
  const ordering = { stands: () => true, deposed: () => undefined };
  const announced = new Announced({
    ...ordering,
    get leading() {
      return leading;
    },
  });
  const reach = { time: systemTime, announced };
  const announce = (): Promise<void> =>
    announced.announce(base, () => new Obmd(reach, base, 'admin').announce());
  const holder = new Holder({ reach, base, label: 'n1', token: 'token', announce });
  const { signal } = new AbortController();
  const order = (): Promise<object> =>
    holder.give({ id: '1/n1', order: { kind: 'power', action: 'on' } as never }, signal);

  answers.push({ status: 507, body: { code: 'term-not-kept', detail: 'the disk is full' } });
  t.match(await order(), { outcome: 'failed', detail: /the disk is full/ });
  t.same(asked.splice(0), ['PUT /v2/term 3 c0ffee00'], 'and nothing else is sent');

  answers.push({ status: 204 });
  t.match(await Promise.all([order(), order()]), [{ outcome: 'done' }, { outcome: 'done' }]);
  const sent = 'POST /v2/obms/n1/power 3 c0ffee00';
  t.same(asked.splice(0), ['PUT /v2/term 3 c0ffee00', sent, sent], 'it is told once');

  leading = { cluster: 'c0ffee00', term: 4 };
  answers.push({ status: 404, body: { code: 'not-found', detail: '404 page not found' } });
  t.match(await order(), { outcome: 'done' }, 'a daemon of an older release has no word for it');
  t.match(asked.splice(0), ['PUT /v2/term 4 c0ffee00', /^POST .* 4 c0ffee00/]);

  leading = { cluster: 'c0ffee00', term: 5 };
  await new Obmd(reach, base, 'admin').look('n1').catch(() => undefined);
  t.match(await order(), { outcome: 'done' });
  t.match(
    asked.splice(0),
    [/^GET .* 5/, /^POST .* 5/],
    'any request of the administrator tells it',
  );
});
