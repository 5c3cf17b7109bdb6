/** What a following station passes on to the one that leads, and how its answers come back. */

import { once } from 'node:events';
import { createServer, request } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { connect } from 'node:net';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import t from 'tap';
import type { Test } from 'tap';
import { WebSocket } from 'ws';
import { HandTime } from '../../station/hand-time.ts';
import { example, host, reported, until } from '../../station/harness.ts';
import { lastAnswerMs } from '../../../src/api/following/pass-on.ts';
import { beside } from './beside.ts';

const nowhere = { station: 'gone', url: 'http://127.0.0.1:1' };

/** A server in the place of a leader, and what it is asked. */
const played = async (
  t: Test,
  answer: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<{ station: string; url: string }> => {
  const server = createServer(answer).listen(0, '127.0.0.1');
  t.teardown(() => server.close().closeAllConnections());
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return { station: 'played', url: `http://127.0.0.1:${port}` };
};

t.test(
  'a command is done by the leader, under the key and the token that it came with',
  async (t) => {
    const { leader, follower } = await beside(t);
    const { head } = leader.station;
    const key = 'once';
    const answer = await follower.ask('POST', '/projects', { name: 'tomography' }, { key });
    t.equal(answer.status, 201);
    t.equal(answer.headers['halcyon-revision'], String(head + 1));
    const again = await leader.ask('POST', '/projects', { name: 'tomography' }, { key });
    t.same([again.status, again.body], [201, answer.body], 'the key is known to the leader');
    t.equal(leader.station.head, head + 1);
    t.equal(follower.station.counters.commits, 0, 'the follower has decided nothing');
    t.equal((await follower.ask('GET', '/projects/tomography')).status, 404, 'it reads by itself');
  },
);

t.test('a refusal comes back as the leader says it, and a body as it was sent', async (t) => {
  const { follower, leader } = await beside(t);
  const refused = await follower.ask('PUT', '/vars', { nonsense: 1 });
  t.same(
    { ...refused.body, instance: undefined },
    { ...(await leader.ask('PUT', '/vars', { nonsense: 1 })).body, instance: undefined },
  );
  const odd = '{"endpoint_cooldown": 5.000000000000000000001}';
  const headers = { 'content-type': 'application/json' };
  const asked = await follower.ask('PUT', '/vars', odd, { headers });
  t.match(asked, { status: 400, body: { field: 'endpoint_cooldown' } });
  const load = await follower.ask('POST', '/load?dry_run=true', example);
  t.equal(load.status, 200, 'a large one, too');
  const facts = reported('10.0.0.3', { cpus: 8 });
  const put = await follower.ask('PUT', `/hosts/${host}/facts`, facts);
  t.equal(put.status, 200, 'what has a short way at the leader goes there');
});

t.test('what only the leader knows is asked of it, and everything else is not', async (t) => {
  const { follower, leads } = await beside(t);
  t.equal((await follower.ask('GET', '/agents')).status, 200);
  leads(null);
  const { status, body, headers } = await follower.ask('GET', '/agents');
  t.match({ status, body }, { status: 503, body: { code: 'no-leader' } });
  t.match(headers['retry-after'], /^\d+$/);
  for (const path of ['/hosts', '/status', '/whoami', '/engine', '/healthz', '/events'])
    t.equal((await follower.ask('GET', path)).status, 200, path);
});

t.test('nothing was done where the leader cannot be reached, and that is said', async (t) => {
  const { follower, leads } = await beside(t);
  for (const place of [null, nowhere]) {
    leads(place);
    const { status, body } = await follower.ask('POST', '/projects', { name: 'p' });
    t.match(
      { status, body },
      { status: 503, body: { code: 'no-leader', detail: /Nothing was done/ } },
    );
  }
});

t.test(
  'a command that was sent and not answered may have been done, and that is said',
  async (t) => {
    const { follower, leads } = await beside(t);
    leads(await played(t, (request) => request.on('end', () => request.socket.destroy()).resume()));
    const { status, body, headers } = await follower.ask('POST', '/projects', { name: 'p' });
    t.match(
      { status, body },
      { status: 503, body: { code: 'outcome-unknown', detail: /same Idempotency-Key/ } },
    );
    t.match(headers['retry-after'], /^\d+$/);
    const read = await follower.ask('GET', '/agents');
    t.match(read, { status: 503, body: { code: 'no-leader' } }, 'a read has done nothing');
  },
);

t.test('a command that is with a leader that leads no more is not waited for', async (t) => {
  const { follower, leads, place } = await beside(t);
  let hasHeard = false;
  leads(await played(t, (request) => request.on('end', () => (hasHeard = true)).resume()));
  const asked = follower.ask('POST', '/projects', { name: 'p' }, { key: 'k' });
  await until('the request', () => hasHeard);
  leads(place);
  t.match(await asked, { status: 503, body: { code: 'outcome-unknown' } });
  const again = await follower.ask('POST', '/projects', { name: 'p' }, { key: 'k' });
  t.equal(again.status, 201, 'the same request gets the truth of who leads now');
});

t.test('an answer that is on its way when another one leads is waited for', async (t) => {
  const { follower, leads, place } = await beside(t);
  const time = new HandTime();
  Object.defineProperty(follower.station, 'time', { value: time });
  const { promise, resolve } = Promise.withResolvers<ServerResponse>();
  leads(
    await played(t, (request, response) => request.on('end', () => resolve(response)).resume()),
  );
  // As to one that retires the leader: its commit is here before the answer to it.
  const asked = follower.ask('DELETE', '/stations/played', undefined, { key: 'k' });
  const response = await promise;
  leads(place);
  await time.pass(lastAnswerMs);
  response.writeHead(200, { 'content-type': 'application/json' }).end('{"changed":true}');
  t.match(await asked, { status: 200, body: { changed: true } });
});

t.test('a body that is too large is said to be, whether it says its length or not', async (t) => {
  const { leader, place, url } = await beside(t);
  const { head } = leader.station;
  const body = JSON.stringify({ name: 'p', more: 'x'.repeat(2 * 1024 * 1024) });
  const headers = {
    ...{ authorization: `Bearer ${leader.admin}`, 'content-type': 'application/json' },
    connection: 'close',
  };
  for (const at of [place.url, url])
    for (const length of [{ 'content-length': body.length }, { 'transfer-encoding': 'chunked' }]) {
      const sent = request(`${at}/api/v1/projects`, {
        ...{ method: 'POST', agent: false, headers: { ...headers, ...length } },
      });
      // It is answered before all of it was read.
      sent.on('error', () => undefined).end(body);
      const [answer] = (await once(sent, 'response')) as [IncomingMessage];
      t.match([answer.statusCode, await text(answer)], [413, /"body-too-large"/]);
    }
  t.equal(leader.station.head, head);
});

t.test('nothing is passed on twice', async (t) => {
  const { follower, leader } = await beside(t);
  const headers = { 'halcyon-forwarded': 'three' };
  const { status, body } = await follower.ask('POST', '/projects', { name: 'p' }, { headers });
  t.match({ status, body }, { status: 503, body: { code: 'no-leader', detail: /three/ } });
  t.equal((await leader.ask('POST', '/projects', { name: 'p' }, { headers })).status, 201);
});

t.test('headers of the connection, the cookies and the address stay', async (t) => {
  const { follower, leads, leader } = await beside(t);
  let heard: IncomingMessage['headers'] = {};
  leads(await played(t, (request) => ((heard = request.headers), request.socket.destroy())));
  await follower.ask(
    'PUT',
    '/vars',
    {},
    {
      key: 'k',
      headers: {
        ...{ 'if-match': '"7"', prefer: 'wait=3', cookie: 'a=b', origin: 'http://x.example' },
        ...{ 'x-forwarded-for': '192.0.2.1', te: 'trailers', 'halcyon-page': '1' },
      },
    },
  );
  t.match(heard, {
    ...{ 'if-match': '"7"', prefer: 'wait=3', 'idempotency-key': 'k' },
    ...{ 'halcyon-forwarded': 'two', authorization: `Bearer ${leader.admin}` },
  });
  for (const name of ['cookie', 'origin', 'x-forwarded-for', 'te', 'halcyon-page'])
    t.equal(heard[name], undefined, name);
});

t.test('the answer to a command waits until the follower has it, and not for ever', async (t) => {
  const { follower, leader } = await beside(t);
  let wanted = 0;
  const { promise, resolve } = Promise.withResolvers<void>();
  Object.defineProperty(follower.station, 'reached', {
    configurable: true,
    value: (at: number) => ((wanted = at), promise),
  });
  let isAnswered = false;
  const asked = follower
    .ask('POST', '/projects', { name: 'tomography' })
    .finally(() => (isAnswered = true));
  await until('the wait', () => wanted > 0);
  t.equal(wanted, leader.station.head);
  t.notOk(isAnswered);
  resolve();
  t.equal((await asked).status, 201);
  Object.defineProperty(follower.station, 'reached', { value: () => new Promise(() => undefined) });
  const late = await follower.ask('DELETE', '/projects/tomography');
  t.equal(late.status, 200, 'a follower that is far behind answers all the same');
});

t.test('a stream of the leader is handed on, and ends with its reader or its leader', async (t) => {
  const { url, leader, leads } = await beside(t);
  const open = async (): Promise<{
    said: () => string;
    end: () => void;
    ended: Promise<unknown>;
  }> => {
    const { port } = new URL(url);
    const socket = connect(Number(port), '127.0.0.1');
    t.teardown(() => socket.destroy());
    let said = '';
    socket.on('error', () => undefined).on('data', (data: Buffer) => (said += data.toString()));
    const headers = [`authorization: Bearer ${leader.admin}`, 'accept: text/event-stream'];
    socket.write(['GET /api/v1/fleet HTTP/1.1', 'host: two', ...headers, '', ''].join('\r\n'));
    await until('a stream', () => /\r\n\r\n/.test(said));
    t.match(said, /^HTTP\/1\.1 200 [^]*text\/event-stream/);
    return { said: () => said, end: () => socket.destroy(), ended: once(socket, 'close') };
  };
  const before = leader.app.server.listenerCount('request');
  const first = await open();
  const connections = async (): Promise<number> => {
    const { promise, resolve } = Promise.withResolvers<number>();
    leader.app.server.getConnections((_error, count) => resolve(count));
    return promise;
  };
  t.equal(await connections(), 1);
  first.end();
  await until('the end of it at the leader', async () => (await connections()) === 0);
  const second = await open();
  leads(nowhere);
  await second.ended;
  t.equal(leader.app.server.listenerCount('request'), before);
});

t.test('agents are told who leads', async (t) => {
  const { url, agent: token, place, leads } = await beside(t);
  const asked = async (): Promise<{ status: number | undefined; leads: unknown; body: string }> => {
    const socket = new WebSocket(`${url.replace('http', 'ws')}/api/v1/agent`, {
      headers: { authorization: `Bearer ${token}` },
    });
    socket.on('error', () => undefined);
    const [, response] = (await once(socket, 'unexpected-response')) as [unknown, IncomingMessage];
    const { statusCode: status, headers } = response;
    return { status, leads: headers['halcyon-leader'], body: await text(response) };
  };
  const told = await asked();
  t.match(told, { status: 421, leads: place.url });
  t.match(JSON.parse(told.body), { code: 'misdirected', leader: place });
  leads(null);
  t.match(await asked(), { status: 421, leads: undefined, body: /nobody does/ });
});
