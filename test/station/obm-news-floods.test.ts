/** OBM daemons that talk too much, or nonsense, or nothing: they are followed, and cost nobody anything. */

import { once } from 'node:events';
import { createServer } from 'node:http';
import type { ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import t from 'tap';
import type { Test } from 'tap';
import { Follower, newsPace } from '../../src/station/obm/follower.ts';
import { SentEvents, sentEventMax } from '../../src/station/obm/sent-events.ts';
import { newsOf } from '../../src/station/obm/told-news.ts';
import { commitOf, given, nodeUp, submit } from '../core/scenario.ts';
import { HandTime } from './hand-time.ts';
import { host, until } from './harness.ts';
import { Bench, other } from './obm-bench.ts';

type Telling = (response: ServerResponse) => void;

const eventOf = (id: string, label: string, data: object, type = 'power-changed'): string =>
  `id: ${id}\nevent: ${type}\ndata: ${JSON.stringify({ id, type, at: 1, label, actor: 'obmd', data })}\n\n`;

const power = (i: number, label: string): string =>
  eventOf(`${i}.0`, label, { state: i % 2 === 0 ? 'on' : 'off', cause: 'drift', order: null });

/** As fast as they are taken. */
const endless =
  (piece: (i: number) => string): Telling =>
  async (response) => {
    for (let i = 1; !response.destroyed; i++) {
      if (!response.write(piece(i)))
        await Promise.race([once(response, 'drain'), once(response, 'close')]);
      if (i % 100 === 0) await turn();
    }
  };

/** A daemon that registers whatever it is told, and tells what the test says, each time in another way. */
const startLiar = async (
  t: Test,
  ...tellings: readonly Telling[]
): Promise<{ url: string; asked: () => number }> => {
  let asked = 0;
  const server = createServer((request, response) => {
    if (!request.url!.startsWith('/v2/events')) return void response.writeHead(200).end();
    const telling = tellings[Math.min(asked++, tellings.length - 1)]!;
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.on('error', () => undefined);
    response.write(': connected\n\n');
    telling(response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, asked: () => asked };
};

t.test('daemons that talk nonsense cost a try now and then, and others are heard', async (t) => {
  const bench = await Bench.set(t);
  const { ask, station, logged } = bench.station;
  const hosts = ['liar1.example', 'liar2.example', 'liar3.example'];
  const [noEnd, giant, backwards, noId, strangers, silent] = [
    endless(() => 'x'.repeat(1000)),
    (response) => response.write(`id: 1.0\ndata: ${'x'.repeat(sentEventMax + 1)}\n\n`),
    (response) => response.write(`id: 0\n\n${power(9, hosts[1]!)}${power(8, hosts[1]!)}`),
    endless(
      () =>
        `data: ${JSON.stringify({ type: 'known', label: hosts[1], data: { power: { state: 'on', since: 1 } } })}\n\n`,
    ),
    endless((i) => power(i, 'a stranger')),
    () => undefined,
  ] as const satisfies readonly Telling[];
  const liars = await Promise.all([
    startLiar(t, noEnd, giant),
    startLiar(t, noId, backwards),
    startLiar(t, silent, strangers),
  ]);
  for (const [i, fqdn] of hosts.entries()) {
    await ask('POST', '/hosts', { fqdn });
    const body = { obmd: liars[i]!.url, admin_token: 'a'.repeat(16), type: 'dummy', info: {} };
    t.equal((await ask('PUT', `/hosts/${fqdn}/obm`, body)).status, 201);
  }
  await bench.register({ info: { boot_ms: 0 } });
  await bench.turn('enable');
  await bench.follows();
  await bench.daemon.power(host, bench.held()!);
  t.match(await bench.hears('ObmPowerChanged'), [{ data: { state: 'off' } }], 'others are heard');
  for (const liar of liars.slice(0, 2)) await until('it was tried again', () => liar.asked() >= 3);
  const { events } = (await ask('GET', '/events?type=ObmdFollowed')).body as {
    events: { data: { obmd: string } }[];
  };
  const of = (url: string): number => events.filter(({ data }) => data.obmd === url).length;
  t.equal(of(liars[0].url), 0, 'nothing of it is in the log');
  t.ok(of(liars[1].url) <= liars[1].asked());
  t.equal(of(liars[2].url), 0);
  t.equal(station.graph.get('observation', hosts[0]!), undefined);
  const said = logged.filter((line) => line.includes('it is not heard'));
  t.ok(said.length <= liars[0].asked() + liars[1].asked(), 'a line a try at most');
  t.match(said.join(''), /in more than 131072 characters/);
  t.match(said.join(''), /not behind what it told before/);
  t.match((await ask('GET', `/hosts/${other}`)).status, 200);
  await t.resolves(bench.station.close(), 'and a station that ends waits for none of them');
});

t.test('a daemon that floods is listened to so fast and no faster', async (t) => {
  const liar = await startLiar(
    t,
    endless((i) => power(i, 'l1')),
  );
  const time = new HandTime();
  const { engine } = given(nodeUp('n1.example'), {
    ...{ type: 'RegisterObm', fqdn: 'n1.example', obmd: liar.url, label: 'l1' },
  });
  commitOf(engine, {
    ...{ type: 'ReportObmd', obmd: liar.url, after: null, position: '0' },
    ...{ anew: true, news: [] },
  });
  let [taken, commits] = [0, 0];
  const follower = new Follower(liar.url, {
    graph: () => engine.graph,
    reach: { time },
    adminOf: () => 'a',
    submit: async (command) => {
      const outcome = submit(engine, command);
      if (outcome.kind !== 'committed') return;
      engine.confirm(outcome.commit.revision);
      taken += outcome.commit.events.length - 1;
      commits += 1;
      await turn();
    },
    logger: { info: () => undefined, warn: () => undefined },
  });
  follower.start();
  t.teardown(() => follower.stop());
  await until('all is taken that may be at once', () => taken > newsPace.burst - 600);
  const before = taken;
  for (let i = 0; i < 20; i++) await turn();
  t.ok(taken <= newsPace.burst, `${taken} at once`);
  await time.pass(60_000);
  await until('some more is taken', () => taken > before);
  t.ok(taken <= newsPace.burst + 60 * newsPace.perSecond, `${taken} after a minute`);
  t.ok(commits < taken / 10, `in ${commits} commits`);
});

t.test('events come in any pieces', async (t) => {
  const text = ': hello\n\nid: 1\r\n\r\nid: 2.0\nevent: x\ndata: {"a":\ndata: "ü"}\n\nretry: 1\n\n';
  const bytes = Buffer.from(text);
  const expected = [
    { id: '1', data: null },
    { id: '2.0', data: '{"a":\n"ü"}' },
  ];
  for (const size of [1, 2, 3, 7, bytes.length]) {
    const events = new SentEvents();
    const seen = [];
    for (let at = 0; at < bytes.length; at += size)
      seen.push(...events.take(bytes.subarray(at, at + size)));
    t.same(seen, expected, `pieces of ${size}`);
  }
  const fits = `data: ${'x'.repeat(sentEventMax - 6)}`;
  t.equal([...new SentEvents().take(Buffer.from(`${fits}\n\n`))].length, 1);
  for (const long of [`${fits}x`, `${fits}\nid: 1`, `: ${fits}`])
    t.throws(() => [...new SentEvents().take(Buffer.from(long))], /in more than/);
});

t.test('what is not understood is no news, and what is text is one line', async (t) => {
  const told = (type: string, data: unknown, more: object = {}): unknown =>
    newsOf(JSON.stringify({ id: '1.0', type, at: 5, label: 'n1', actor: 'admin', data, ...more }));
  const at = { label: 'n1', seen: 5 };
  const visitor = { principal: 'alice', source: '::1' };
  t.same(told('power-changed', { state: 'on', cause: 'drift' }), [
    { ...at, type: 'power', state: 'on', cause: 'drift' },
  ]);
  t.same(told('power-changed', { state: 'on', cause: 'magic' }), [
    { ...at, type: 'power', state: 'on', cause: 'unknown' },
  ]);
  const nonsense: readonly (readonly [string, unknown, object?])[] = [
    ['power-changed', { state: 'unknown', cause: 'drift' }],
    ['power-changed', null],
    ['power-changed', { state: 'on' }, { label: '' }],
    ['power-changed', { state: 'on' }, { label: '../x' }],
    ['power-changed', { state: 'on' }, { at: -1 }],
    ['power-changed', { state: 'on' }, { at: 1e300 }],
    ['power-changed', { state: 'on' }, { at: 'now' }],
    ['toString', {}],
    ['__proto__', {}],
    ['console-attached', { viewing: 1, ...visitor }],
    ['console-attached', { viewing: 'v', source: '::1' }],
    ['writer-taken', visitor],
    ['identified', { guid: 'x' }],
    ['system-events', { entries: {} }],
    ['order-begun', { action: 'explode', reference: null }],
    ['order-begun', { action: 'on', reference: '17/n1.example' }],
    ['order-ended', { order: 'a' }],
    ['registered', { driver: 'dummy' }],
  ];
  for (const [type, data, more] of nonsense) t.same(told(type, data, more), [], type);
  for (const text of ['', 'null', '[]', '{', '7']) t.same(newsOf(text), []);
  const nasty = 'a\u001b[2Jb\u202ec\n\ud800'.padEnd(1000, 'z');
  const [entry] = told('system-events', {
    gap: false,
    entries: [
      ...[{ id: nasty, at: null, severity: 'bad', text: nasty }, 7, { id: 1, text: 'x' }],
      ...Array.from({ length: 100 }, (_, i) => ({ id: `${i}`, at: i, severity: 'ok', text: 'x' })),
    ],
  }) as [{ entries: { text: string; id: string; severity: string }[]; gap: boolean }];
  t.equal(entry.entries[0]!.text, 'a?[2Jb?c??'.padEnd(256, 'z'));
  t.equal(entry.entries[0]!.id.length, 64);
  t.equal(entry.entries[0]!.severity, 'unknown');
  t.equal(entry.entries.length, 30, 'what is none is left out');
  t.equal(entry.gap, true, 'and that there was more is said');
  t.match(told('console-attached', { viewing: 'v', principal: 'holder:n1:2', source: '::1' }), [
    { principal: 'holder' },
  ]);
  t.same(told('order-begun', { action: 'off', reference: 'mine' }), [
    { ...at, type: 'order', action: 'off', by: 'admin' },
  ]);
});
