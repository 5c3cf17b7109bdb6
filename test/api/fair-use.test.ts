/** What one token can make the station keep and do: a share, and no more. */

import { once } from 'node:events';
import { connect } from 'node:net';
import type { AddressInfo } from 'node:net';
import t from 'tap';
import { admissionPaces, turnMsMax } from '../../src/api/admission.ts';
import { Paces } from '../../src/station/fair-use/paces.ts';
import { openStation, host } from '../station/harness.ts';
import type { InProcess, Json } from '../station/harness.ts';

/** A process and its token. */
const processOf = async ({
  ask,
  fill,
  tokenOf,
}: InProcess): Promise<{ fid: string; token: string }> => {
  await fill();
  const added = await ask('POST', '/processes', { host, role: 'clovis-app' });
  const { fid } = added.body.processes.find(({ role }: Json) => role === 'clovis-app');
  return { fid, token: await tokenOf('process', { process: fid }) };
};

t.test('what may be repeated as it is keeps no idempotency key', async (t) => {
  const opened = await openStation(t);
  const { fid, token } = await processOf(opened);
  const { ask, station } = opened;
  for (const [i, state] of ['online', 'offline', 'online'].entries()) {
    const asked = { token, key: `k${i}` };
    t.equal((await ask('PUT', `/processes/${fid}/state`, { state }, asked)).body.changed, true);
  }
  t.equal(
    (await ask('PUT', `/processes/${fid}/lease`, { seconds: 60 }, { token, key: 'l' })).status,
    200,
  );
  t.equal((await ask('PUT', '/vars', { endpoint_cooldown: 5 }, { key: 'v' })).status, 200);
  t.equal(station.graph.count('request'), 0);
});

t.test(
  'so many at once, then so many a second: later is promised, too late is refused',
  async (t) => {
    let now = 0;
    const paces = new Paces({ burst: 2, perSecond: 10 }, () => now);
    const take = (): number | null => paces.take('one', 150);
    t.same([take(), take(), take(), take()], [0, 0, 100, null]);
    t.equal(paces.take('other', 150), 0, 'others have a pace of their own');
    now = 200;
    t.equal(take(), 0, 'what was promised is kept');
    now = 10_000;
    t.same([take(), take(), take()], [0, 0, 100], 'a rest gives no more than a burst');
  },
);

const secondsSince = (began: number): number => (performance.now() - began) / 1000;

/** Sends requests one after the other on connections of their own until the time is over and something was answered. */
const hammer = async (
  port: number,
  lanes: number,
  seconds: number,
  request: string,
): Promise<Map<string, number>> => {
  const statuses = new Map<string, number>();
  const until = performance.now() + seconds * 1000;
  const lane = async (): Promise<void> => {
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => undefined);
    while ((performance.now() < until || statuses.size === 0) && !socket.destroyed) {
      socket.write(request);
      const left = Math.max(1, Math.ceil(until - performance.now()));
      const late = AbortSignal.timeout(statuses.size === 0 ? 60_000 : left);
      const [data] = (await once(socket, 'data', { signal: late }).catch(() => [])) as [Buffer?];
      const status = data?.toString().slice(9, 12);
      if (status !== undefined) statuses.set(status, (statuses.get(status) ?? 0) + 1);
    }
    socket.destroy();
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  return statuses;
};

t.test(
  'a process that reports without end is slowed down, and an operator beside it is not',
  async (t) => {
    const opened = await openStation(t);
    const { fid, token } = await processOf(opened);
    await opened.app.listen({ host: '127.0.0.1', port: 0 });
    const { port } = opened.app.server.address() as AddressInfo;
    const body = (state: string): string => JSON.stringify({ state, reason: 'again' });
    const put = (state: string): string =>
      [
        `PUT /api/v1/processes/${fid}/state HTTP/1.1`,
        'host: station',
        `authorization: Bearer ${token}`,
        'content-type: application/json',
        `content-length: ${body(state).length}`,
        '',
        body(state),
      ].join('\r\n');
    const before = opened.station.head;
    const began = performance.now();
    const seconds = 1;
    const flooding = Promise.all([
      hammer(port, 4, seconds, put('online')),
      hammer(port, 4, seconds, put('offline')),
    ]);
    for (let i = 0; i < 20; i += 1)
      t.equal((await opened.ask('POST', '/hosts', { fqdn: `n${i}.example` })).status, 201);
    await flooding;
    const made = opened.station.head - before - 20;
    const most =
      admissionPaces.process.burst +
      (secondsSince(began) + turnMsMax / 1000) * admissionPaces.process.perSecond;
    t.ok(made <= most, `${made} commits, at most ${most}`);
  },
);

t.test(
  'who sends the next request before the last was answered, and much too fast, is cut',
  async (t) => {
    const opened = await openStation(t);
    const { token } = await processOf(opened);
    await opened.app.listen({ host: '127.0.0.1', port: 0 });
    const socket = connect((opened.app.server.address() as AddressInfo).port, '127.0.0.1');
    t.teardown(() => socket.destroy());
    socket.on('error', () => undefined).resume();
    const ended = once(socket, 'close');
    const request = `GET /api/v1/whoami HTTP/1.1\r\nhost: station\r\nauthorization: Bearer ${token}\r\n\r\n`;
    socket.write(request.repeat(admissionPaces.process.burst + 10));
    await ended;
    t.equal((await opened.ask('GET', '/hosts')).status, 200);
  },
);

t.test(
  'answers to those without a token are slow when there are very many, and come',
  async (t) => {
    const opened = await openStation(t);
    await opened.app.listen({ host: '127.0.0.1', port: 0 });
    const { port } = opened.app.server.address() as AddressInfo;
    const request = 'GET /api/v1/whoami HTTP/1.1\r\nhost: station\r\n\r\n';
    const seconds = 2;
    const began = performance.now();
    const statuses = await hammer(port, 50, seconds, request);
    t.same([...statuses.keys()], ['401']);
    const most =
      admissionPaces.strangers.burst +
      (secondsSince(began) + turnMsMax / 1000) * admissionPaces.strangers.perSecond;
    t.ok(statuses.get('401')! <= most, `${statuses.get('401')} answers, at most ${most}`);
  },
);

t.test('a process that asks little is not behind those that ask much', async (t) => {
  // As if many of them used up what there is for all.
  const used = { burst: 1, perSecond: 0.001 };
  const opened = await openStation(t, { server: { paces: { muchOfProcesses: used } } });
  const { token } = await processOf(opened);
  const quiet = await opened.ask('POST', '/processes', { host, role: 'clovis-app' });
  const own = await opened.tokenOf('process', { process: quiet.body.processes.at(-1).fid });
  const whoami = async (as: string): Promise<number> =>
    (await opened.ask('GET', '/whoami', undefined, { token: as })).status;
  const { burst } = admissionPaces.littleOfProcess;
  for (let i = 0; i < burst; i += 1) t.equal(await whoami(token), 200, 'little');
  t.equal(await whoami(token), 200, 'the first that is much');
  t.equal(await whoami(token), 429, 'one more has no room among those that ask much');
  for (let i = 0; i < burst; i += 1) t.equal(await whoami(own), 200, 'another goes on');
});
