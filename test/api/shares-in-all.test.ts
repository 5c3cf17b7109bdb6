/** What all together may have under way: as many are taken, one more is refused, and one that ends makes room. */

import { EventEmitter, once } from 'node:events';
import { connect } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import t from 'tap';
import type { Test } from 'tap';
import { revision } from '../../src/core/values/revision.ts';
import {
  arrivalLimits,
  loadLimits,
  longReadLimits,
  lookLimits,
  obmLimits,
  pastAnswerLimits,
  pastLimits,
  streamLimits,
  waitLimits,
} from '../../src/station/fair-use/shares.ts';
import type { ShareLimits } from '../../src/station/fair-use/shares.ts';
import { example, host, openStation, until } from '../station/harness.ts';
import type { Answer, InProcess, Json } from '../station/harness.ts';

const nobodyLeaves = new AbortController().signal;

/** As many principals as there may be things of all, each with as many as one may have. */
const principals = ({ each, inAll }: ShareLimits): string[] =>
  Array.from({ length: inAll }, (_, i) => `token:${Math.floor(i / each)}`);

const refused = (t: Test, { status, headers, body }: Answer, { inAll }: ShareLimits): void => {
  t.match({ status, body }, { status: 429, body: { code: 'too-many-requests' } });
  t.match(body.detail, new RegExp(`there are ${inAll} `));
  t.match(headers['retry-after'], /^\d+$/);
};

t.test('one more than there may be of long reads is refused', async (t) => {
  const { station, ask, fill } = await openStation(t);
  await fill();
  const answers = principals(longReadLimits).map((principal) => ({
    principal,
    sent: new EventEmitter(),
  }));
  for (const { principal, sent } of answers)
    await station.longReads.begin({ principal, signal: nobodyLeaves }, sent);
  refused(t, await ask('GET', `/why/${host}`), longReadLimits);
  answers[0]!.sent.emit('close');
  t.equal((await ask('GET', `/why/${host}`)).status, 200);
});

t.test('one more than there may be of looks at operations is refused', async (t) => {
  const { station, ask, fill } = await openStation(t);
  await fill();
  const held = principals(lookLimits).map((one) => station.operations.looks.take(one));
  refused(t, await ask('GET', '/operations/1'), lookLimits);
  held[0]!();
  t.equal((await ask('GET', '/operations/1')).status, 200);
});

t.test('one more than there may be of long answers about the past is refused', async (t) => {
  const { station, ask, fill } = await openStation(t);
  await fill();
  const held = principals(pastAnswerLimits).map((one) => station.history.answers.take(one));
  refused(t, await ask('GET', '/status?at=1'), pastAnswerLimits);
  held[0]!();
  t.equal((await ask('GET', '/status?at=1')).status, 200);
});

t.test('one more than there may be of reads of the past is refused', async (t) => {
  const { station } = await openStation(t);
  for (let i = 0; i < pastLimits.inAll + 5; i += 1)
    await station.submit(
      { type: 'RegisterHost', fqdn: `n${i}.example` },
      { actor: 'station' },
      () => null,
    );
  const at = (value: number, principal: string): Promise<unknown> =>
    station.history.at({ revision: revision(value) }, { principal, signal: nobodyLeaves });
  const reads = principals(pastLimits).map((principal, i) => at(i + 1, principal));
  await t.rejects(at(pastLimits.inAll + 1, 'token:another'), {
    code: 'too-many-requests',
    message: new RegExp(`there are ${pastLimits.inAll} `),
  });
  await Promise.all(reads);
  t.match(await at(pastLimits.inAll + 1, 'token:another'), { head: pastLimits.inAll + 1 });
});

t.test('one more than there may be of requests about OBMs is refused', async (t) => {
  const { station, ask, fill } = await openStation(t);
  await fill();
  const held = principals(obmLimits).map((one) => station.obms.share.take(one));
  const asked = (): Promise<Answer> => ask('POST', `/hosts/${host}/obm/disable`);
  refused(t, await asked(), obmLimits);
  held[0]!();
  t.equal((await asked()).status, 404);
});

t.test('one more than there may be of loads is refused', async (t) => {
  const { station, ask } = await openStation(t);
  const ends = principals(loadLimits).map((principal) => {
    const { promise, resolve } = Promise.withResolvers<void>();
    void station.loads.during({ principal, signal: nobodyLeaves }, () => promise);
    return resolve;
  });
  refused(t, await ask('POST', '/load?dry_run=true', example), loadLimits);
  ends[0]!();
  await until('room', async () => {
    const { status } = await ask('POST', '/load?dry_run=true', example);
    return status === 200;
  });
  for (const end of ends) end();
});

t.test('one more than there may be of requests that wait for a revision is refused', async (t) => {
  const { station, ask, tokenOf } = await openStation(t);
  const tokens: string[] = [];
  while (tokens.length * arrivalLimits.each < arrivalLimits.inAll)
    tokens.push(await tokenOf('viewer'));
  const another = await tokenOf('viewer');
  const path = `/whoami?at_least=${station.head + 1}`;
  // To send them all takes a busy machine longer than one waits otherwise.
  const headers = { prefer: 'wait=60' };
  const wait = (token: string): Promise<Answer> => ask('GET', path, undefined, { token, headers });
  const waits = tokens.flatMap((token) =>
    Array.from({ length: arrivalLimits.each }, () => wait(token)),
  );
  refused(t, await wait(another), arrivalLimits);
  await ask('POST', '/projects', { name: 'tomography' });
  t.ok((await Promise.all(waits)).every(({ status }) => status === 200));
  t.equal((await wait(another)).status, 200);
});

/** A station that listens, with tokens enough to have as many of something as there may be, and one more. */
const serving = async (
  t: Test,
  { each, inAll }: ShareLimits,
): Promise<InProcess & { port: number; tokens: string[]; another: string }> => {
  const opened = await openStation(t);
  await opened.fill();
  await opened.app.listen({ host: '127.0.0.1', port: 0 });
  const { port } = opened.app.server.address() as AddressInfo;
  const tokens: string[] = [];
  while (tokens.length * each < inAll) tokens.push(await opened.tokenOf('viewer'));
  return { ...opened, port, tokens, another: await opened.tokenOf('viewer') };
};

const request = (
  t: Test,
  port: number,
  path: string,
  token: string,
  header: string,
): { socket: Socket; said: () => string } => {
  const socket = connect(port, '127.0.0.1');
  t.teardown(() => socket.destroy());
  let said = '';
  socket.on('error', () => undefined).on('data', (data: Buffer) => (said += data.toString()));
  const headers = ['host: station', `authorization: Bearer ${token}`, header];
  socket.write([`GET /api/v1${path} HTTP/1.1`, ...headers, '', ''].join('\r\n'));
  return { socket, said: () => said };
};

const tooMany = (t: Test, said: string, { inAll }: ShareLimits): void => {
  t.match(said, /^HTTP\/1\.1 429 /);
  t.match(said, /^retry-after: \d+\r$/im);
  t.match(said, new RegExp(`there are ${inAll} `));
};

t.test('one more than there may be of event streams is refused', async (t) => {
  const { port, tokens, another } = await serving(t, streamLimits);
  const open = (token: string) => request(t, port, '/events', token, 'accept: text/event-stream');
  const streams: ReturnType<typeof open>[] = [];
  // A connection whose headers are not read within 15 s is closed: all at once may take a busy machine longer.
  for (const token of tokens) {
    const own = Array.from({ length: streamLimits.each }, () => open(token));
    for (const { said } of own) await until('a stream', () => said().includes('connected'));
    streams.push(...own);
  }
  t.equal(streams.length, streamLimits.inAll);
  t.ok(streams.every(({ said }) => said().startsWith('HTTP/1.1 200 ')));
  const more = open(another);
  await until('an answer', () => more.said().includes('\r\n\r\n{'));
  tooMany(t, more.said(), streamLimits);
  const [first] = streams;
  first!.socket.destroy();
  await once(first!.socket, 'close');
  await until('room', async () => {
    const next = open(another);
    await until('an answer', () => /\r\n\r\n./.test(next.said()));
    return next.said().startsWith('HTTP/1.1 200 ');
  });
});

t.test('one more than there may be of waits is refused', async (t) => {
  const { port, tokens, another, ask, app } = await serving(t, waitLimits);
  const { items } = (await ask('GET', '/processes?host=node1.halcyon.example')).body;
  const { fid } = items.find(({ ownership }: Json) => ownership === 'managed');
  const { id } = (await ask('POST', `/processes/${fid}/start`)).body;
  let heard = 0;
  // What is asked by injection is heard as well, so that it is counted from here on.
  app.server.on('request', () => (heard += 1));
  const wait = (token: string) => request(t, port, `/operations/${id}`, token, 'prefer: wait=300');
  const waits: ReturnType<typeof wait>[] = [];
  // A wait says nothing: the station is asked once more when it has heard all of them.
  for (const token of tokens) {
    waits.push(...Array.from({ length: waitLimits.each }, () => wait(token)));
    await until('all of them', () => heard === waits.length);
  }
  t.equal(waits.length, waitLimits.inAll);
  const more = wait(another);
  await until('an answer', () => more.said());
  tooMany(t, more.said(), waitLimits);
  t.ok(
    waits.every(({ said }) => said() === ''),
    'all that there may be wait',
  );
  waits[0]!.socket.destroy();
  await once(waits[0]!.socket, 'close');
  let next = wait(another);
  await until('room', async () => {
    if (next.socket.closed || next.said() !== '') next = wait(another);
    // One that is taken says nothing; whoever is refused has heard it before somebody who asks later is answered.
    for (let i = 0; i < 3; i += 1) {
      const later = request(t, port, '/whoami', another, 'accept: */*');
      await until('an answer', () => later.said());
    }
    return next.said() === '';
  });
  await ask('PUT', `/processes/${fid}/override`, { state: 'online', reason: 'seen by hand' });
  await until('its answer', () => next.said());
  t.match(next.said(), /^HTTP\/1\.1 200 /);
});
