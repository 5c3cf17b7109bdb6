/** Reads that look at much: so many at a time, and none for whoever has gone. */

import { connect } from 'node:net';
import type { AddressInfo } from 'node:net';
import t from 'tap';
import { longReadLimits } from '../../src/station/shares.ts';
import { openStation, until } from '../station/harness.ts';

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
  const url = `http://127.0.0.1:${port}/api/v1/processes?limit=1&at=`;
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
      ask('GET', `/processes?limit=1&at=${station.head - 20 - i}`),
    );
    return (await Promise.all(again)).every(({ status }) => status === 200);
  });
});
