/** Reads that look at much: so many at a time, and none for whoever has gone. */

import { once } from 'node:events';
import { connect } from 'node:net';
import type { AddressInfo } from 'node:net';
import fastify from 'fastify';
import t from 'tap';
import { abandonment } from '../../src/api/asker.ts';
import { streamText } from '../../src/api/streaming.ts';
import { longReadLimits, pastAnswerLimits } from '../../src/station/fair-use/shares.ts';
import { openStation, until } from '../station/harness.ts';
import type { Json } from '../station/harness.ts';

const host = 'node2.halcyon.example';

/** A station with a host that has reported often. */
const talkative = async (t: Parameters<typeof openStation>[0]) => {
  const opened = await openStation(t, { snapshotEvery: 0 });
  await opened.fill();
  const report = (cpus: number) => ({
    type: 'ReportNodeUp' as const,
    fqdn: host,
    speaksFor: null,
    facts: { ...opened.station.graph.must('host', host).facts!, cpus },
  });
  for (let i = 0; i < 5000; i += 500)
    await Promise.all(
      Array.from({ length: 500 }, (_, k) =>
        opened.station.submit(report(1 + i + k), { actor: 'station' }, () => null),
      ),
    );
  return opened;
};

t.test('one more than a share of long reads is refused, whatever they are', async (t) => {
  const { ask } = await talkative(t);
  const paths = [`/why/${host}`, '/events?type=HostRemoved'];
  const asked = Array.from({ length: longReadLimits.each + 1 }, (_, i) =>
    ask('GET', paths[i % 2]!),
  );
  const answers = await Promise.all(asked);
  const refused = answers.filter(({ status }) => status !== 200);
  t.match(refused, [{ status: 429, body: { code: 'too-many-requests' } }]);
  t.equal(refused.length, 1);
  t.equal(refused[0]!.headers['retry-after'], '2');
  t.equal((await ask('GET', paths[0]!)).status, 200);
});

t.test('300 reasons asked for and dropped cost nobody an answer', async (t) => {
  const { app, ask, tokenOf, logged } = await talkative(t);
  await app.listen({ host: '127.0.0.1', port: 0 });
  const { port } = app.server.address() as AddressInfo;
  const token = await tokenOf('viewer');
  const sockets = Array.from({ length: 300 }, () => {
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => undefined);
    socket.write(
      `GET /api/v1/why/${host} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\n\r\n`,
    );
    return socket;
  });
  await until('refusals to come', () => sockets.some(({ bytesRead }) => bytesRead > 0));
  for (const socket of sockets) socket.destroy();
  t.equal((await ask('GET', `/why/${host}`)).status, 200, 'another is answered meanwhile');
  await until('room for the one who dropped them', async () => {
    return (await ask('GET', `/why/${host}`, undefined, { token })).status === 200;
  });
  const failures = logged.filter((line) => line.includes('a request failed'));
  t.same(failures, [], 'what nobody waits for is no failure');
});

t.test('a past that nobody waits for any more is not rebuilt to its end', async (t) => {
  const { app, ask, station, admin } = await talkative(t);
  await app.listen({ host: '127.0.0.1', port: 0 });
  const { port } = app.server.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}/api/v1/hosts/${host}?at=`;
  const headers = { authorization: `Bearer ${admin}` };
  const leaving = new AbortController();
  const dropped = Array.from({ length: 8 }, (_, i) =>
    fetch(`${url}${station.head - 1 - i}`, { headers, signal: leaving.signal }),
  );
  const ended = Promise.allSettled(dropped);
  await ask('GET', '/whoami');
  leaving.abort();
  await ended;
  await until('room for as many again', async () => {
    const again = Array.from({ length: 8 }, (_, i) =>
      ask('GET', `/hosts/${host}?at=${station.head - 20 - i}`),
    );
    return (await Promise.all(again)).every(({ status }) => status === 200);
  });
});

t.test(
  'a long answer is of one revision, though the cluster changes while it is read',
  async (t) => {
    const { app, ask, station, admin } = await openStation(t);
    for (let i = 0; i < 6000; i += 1000)
      await Promise.all(
        Array.from({ length: 1000 }, (_, k) => {
          const command = { type: 'RegisterHost' as const, fqdn: `n${i + k}.example` };
          return station.submit(command, { actor: 'station' }, () => null);
        }),
      );
    await app.listen({ host: '127.0.0.1', port: 0 });
    const { port } = app.server.address() as AddressInfo;
    for (const path of ['/graph', '/status', '/hosts?limit=10000']) {
      const before = await ask('GET', path);
      const socket = connect(port, '127.0.0.1');
      socket.write(
        `GET /api/v1${path} HTTP/1.0\r\nHost: x\r\nAuthorization: Bearer ${admin}\r\n\r\n`,
      );
      await once(socket, 'readable');
      const changed = Array.from({ length: 100 }, (_, k) =>
        ask('DELETE', `/hosts/n${k * 50}.example`),
      );
      await Promise.all(changed);
      let text = '';
      socket.on('data', (data: Buffer) => (text += data.toString()));
      await once(socket, 'end');
      const [head = '', ...body] = text.split('\r\n\r\n');
      t.match(head, `halcyon-revision: ${before.headers['halcyon-revision']}`);
      t.ok(body.join('\r\n\r\n') === before.text, `${path} as it was`);
      const now = (await ask('GET', path)).text.match(/n50\.example/);
      t.equal(now, null, 'which is not how it is');
      for (const k of changed.keys())
        await station.submit(
          { type: 'RegisterHost', fqdn: `n${k * 50}.example` },
          { actor: 'station' },
          () => null,
        );
    }
  },
);

t.test('pages are in order and whole, whatever they are filtered by', async (t) => {
  const { ask, station } = await openStation(t);
  const names = Array.from({ length: 600 }, (_, i) => `n${(i * 7919) % 600}.example`);
  for (const fqdn of names)
    await station.submit({ type: 'RegisterHost', fqdn }, { actor: 'station' }, () => null);
  for (const query of ['', '&state=unknown']) {
    const seen: string[] = [];
    let cursor = '';
    while (seen.length < 1000) {
      const { body } = await ask('GET', `/hosts?limit=97${query}${cursor}`);
      seen.push(...body.items.map(({ fqdn }: { fqdn: string }) => fqdn));
      if (body.next === null) break;
      cursor = `&cursor=${body.next}`;
    }
    t.same(seen, [...names].sort());
  }
  t.match((await ask('GET', '/hosts?state=down')).body, { items: [], next: null });
  t.match((await ask('GET', '/hosts?limit=5&cursor=n599.exampla')).body.items[0], {
    fqdn: 'n599.example',
  });
  t.match(await ask('GET', '/processes?cursor=x'), { status: 400, body: { field: 'cursor' } });
  t.equal(station.graph.count('host'), 600);
});

t.test(
  'processes are found by the state that is shown of them, and tokens come in pages',
  async (t) => {
    const { ask, fill, station } = await openStation(t);
    await fill();
    const everyPage = async (path: string): Promise<Json[]> => {
      const items: Json[] = [];
      for (let cursor = ''; ;) {
        const { body } = await ask('GET', `${path}limit=2${cursor}`);
        items.push(...body.items);
        if (body.next === null) return items;
        cursor = `&cursor=${encodeURIComponent(body.next)}`;
      }
    };
    const before = station.head;
    const lost = { type: 'ReportNodeDown', fqdn: host, reason: 'silent' } as const;
    await station.submit(lost, { actor: 'station' }, () => null);
    const all = (await ask('GET', '/processes')).body.items as Json[];
    const roles = new Set(all.map(({ role }) => role as string));
    for (const state of ['inhibited', 'unknown', 'online']) {
      const inState = all.filter((process) => process.state === state);
      t.same(await everyPage(`/processes?state=${state}&`), inState, state);
      for (const role of roles) {
        const both = inState.filter((process) => process.role === role);
        t.same(
          await everyPage(`/processes?state=${state}&role=${role}&`),
          both,
          `${role} ${state}`,
        );
      }
      const there = inState.filter((process) => process.host === host);
      t.same(await everyPage(`/processes?state=${state}&host=${host}&`), there, `${state} there`);
    }
    t.ok(all.some(({ state }) => state === 'inhibited'));
    t.same(await everyPage(`/processes?state=inhibited&at=${before}&`), [], 'before it was lost');
    t.same(
      (await ask('GET', '/status?problems=true')).body.hosts.map(({ fqdn }: Json) => fqdn),
      [host],
    );

    for (const name of ['b', 'a', 'c']) await ask('POST', '/tokens', { name, role: 'viewer' });
    const tokens = await everyPage('/tokens?');
    t.same(
      tokens.map(({ name }) => name),
      ['bootstrap', 'b', 'a', 'c'],
      'the oldest first',
    );
    const page = (await ask('GET', '/tokens?limit=2')).body;
    await ask('DELETE', `/tokens/${page.items[1].id}`);
    const rest = (await ask('GET', `/tokens?cursor=${page.next}`)).body.items;
    t.match(rest, [{ name: 'a' }, { name: 'c' }], 'though the last one of the page is gone');
  },
);

t.test('one more long answer about the past than a share is refused', async (t) => {
  const { ask, station } = await talkative(t);
  const at = station.head - 10;
  const asked = Array.from({ length: pastAnswerLimits.each + 1 }, () =>
    ask('GET', `/status?at=${at}`),
  );
  const statuses = (await Promise.all(asked)).map(({ status }) => status).sort();
  t.same(statuses, [...Array.from({ length: pastAnswerLimits.each }, () => 200), 429]);
  t.equal((await ask('GET', `/status?at=${at}`)).status, 200);
});

t.test('a reader that takes nothing of a long answer is let go', async (t) => {
  const { station } = await openStation(t);
  const app = fastify();
  let ends = 0;
  const endless = (function* (): Generator<string> {
    for (;;) yield 'x'.repeat(1000);
  })();
  app.get('/', (_request, reply) => {
    const asker = { principal: 'token:a', signal: abandonment(reply) };
    return streamText(station, reply, asker, 'text/plain', endless, () => (ends += 1), 50);
  });
  await app.listen({ host: '127.0.0.1', port: 0 });
  t.teardown(() => app.close());
  const socket = connect((app.server.address() as AddressInfo).port, '127.0.0.1');
  socket.on('error', () => undefined);
  socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
  socket.pause();
  await until('it to be let go', () => ends === 1);
  socket.destroy();
});
