/** Reads that ask for a revision wait for it, not for ever, and not too many of them. */

import { once } from 'node:events';
import { connect } from 'node:net';
import type { AddressInfo } from 'node:net';
import t from 'tap';
import { endpoints } from '../../src/contract/catalogue.ts';
import type { Endpoint } from '../../src/contract/endpoint.ts';
import { awaitedSeconds } from '../../src/contract/parameters.ts';
import { arrivalLimits } from '../../src/station/fair-use/shares.ts';
import { HandTime } from '../station/hand-time.ts';
import { openStation, until } from '../station/harness.ts';
import { memoryLog } from '../station/memory-log.ts';

t.test('a read waits for a revision, and shows what is durable then', async (t) => {
  const { ask, station } = await openStation(t);
  const { head } = station;
  const wanted = head + 1;
  const read = ask('GET', `/projects?at_least=${wanted}`);
  await ask('POST', '/projects', { name: 'tomography' });
  const { status, body, headers } = await read;
  t.equal(status, 200);
  t.match(body.items, [{ name: 'tomography' }]);
  t.equal(Number(headers['halcyon-revision']), wanted);
  t.equal(
    (await ask('GET', `/projects?at_least=${wanted}`)).status,
    200,
    'what is there is not waited for',
  );
});

t.test('what the graph shows and no disk has is waited for', async (t) => {
  const log = memoryLog();
  const { ask, station } = await openStation(t, { log });
  const release = log.hold();
  const command = ask('POST', '/projects', { name: 'tomography' });
  await until('the decision', () => station.head > log.head());
  let isAnswered = false;
  const read = ask('GET', `/whoami?at_least=${station.head}`).finally(() => (isAnswered = true));
  await ask('GET', '/healthz');
  t.notOk(isAnswered, 'the disk does not have it yet');
  release();
  t.equal((await command).status, 201);
  t.equal((await read).status, 200);
});

t.test('a revision that does not come is told of, with the one that is there', async (t) => {
  const time = new HandTime();
  const log = memoryLog();
  const { ask, station, tokenOf } = await openStation(t, { time, log });
  const token = await tokenOf('viewer');
  const { head } = station;
  for (const [prefer, seconds] of [
    [undefined, awaitedSeconds.usual],
    ['wait=2', 2],
    ['wait=9999', awaitedSeconds.max],
  ] as const) {
    const listeners = log.listeners();
    let answer: Awaited<ReturnType<typeof ask>> | undefined;
    const headers = prefer === undefined ? {} : { prefer };
    void ask('GET', `/status?at_least=${head + 1}`, undefined, { token, headers }).then(
      (one) => (answer = one),
    );
    await until('a wait', () => log.listeners() > listeners);
    await time.pass(seconds * 1000 - 1);
    await ask('GET', '/healthz');
    t.equal(answer, undefined, `it waits ${seconds} s`);
    await time.pass(1);
    const { status, body, headers: said } = await until('an answer', () => answer);
    t.match(
      { status, body },
      { status: 504, body: { code: 'revision-not-reached', revision: head } },
    );
    t.equal(said['retry-after'], '1');
    t.equal(log.listeners(), listeners);
  }
});

t.test('whoever waits for a revision and goes leaves nothing behind', async (t) => {
  const log = memoryLog();
  const { app, admin, station } = await openStation(t, { log });
  await app.listen({ host: '127.0.0.1', port: 0 });
  const { port } = app.server.address() as AddressInfo;
  const listeners = log.listeners();
  const socket = connect(port, '127.0.0.1');
  socket.write(
    `GET /api/v1/whoami?at_least=${station.head + 1} HTTP/1.1\r\nhost: station\r\nauthorization: Bearer ${admin}\r\n\r\n`,
  );
  await until('a wait', () => log.listeners() > listeners);
  socket.destroy();
  await once(socket, 'close');
  await until('the end of the wait', () => log.listeners() === listeners);
  t.equal(station.head, log.head());
});

t.test('one more that waits for a revision than a share is refused', async (t) => {
  const log = memoryLog();
  const { ask, station, admin } = await openStation(t, { log });
  const before = log.listeners();
  const path = `/whoami?at_least=${station.head + 1}`;
  const waits = Array.from({ length: arrivalLimits.each }, () => ask('GET', path));
  await until('all of them', () => log.listeners() >= before + 1);
  const { status, body } = await ask('GET', path);
  t.match({ status, body }, { status: 429, body: { code: 'too-many-requests' } });
  t.match(body.detail, new RegExp(`you have ${arrivalLimits.each} `));
  await ask('POST', '/projects', { name: 'tomography' }, { token: admin });
  for (const answer of await Promise.all(waits)) t.equal(answer.status, 200);
});

t.test(
  'whatever is asked of a station with a token can be asked to wait for a revision',
  async (t) => {
    for (const [name, { method, bare, access, query }] of Object.entries<Endpoint>(endpoints)) {
      const waits = method === 'GET' && !bare && access !== 'public';
      t.equal('at_least' in query, waits, name);
    }
  },
);
