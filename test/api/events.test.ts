/** The log as others see it: pages, live streams, reasons. */

import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { connect } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import fastify from 'fastify';
import t from 'tap';
import type { Test } from 'tap';
import { EventStreams, unsentBytesMax } from '../../src/api/event-streams.ts';
import { streamLimits } from '../../src/station/fair-use/shares.ts';
import { stepsMax } from '../../src/station/queries/why.ts';
import { host, openStation, until } from '../station/harness.ts';
import type { InProcess } from '../station/harness.ts';

interface Told {
  readonly id: string;
  readonly type: string;
}

class Reader {
  readonly events: Told[] = [];
  readonly socket: Socket;
  head = '';
  closed = false;
  rest = '';

  constructor(t: Test, port: number, path: string, headers: Record<string, string>) {
    this.socket = connect(port, '127.0.0.1');
    const lines = Object.entries({ Host: 'x', Accept: 'text/event-stream', ...headers });
    this.socket.write(
      [`GET ${path} HTTP/1.1`, ...lines.map(([name, value]) => `${name}: ${value}`), '', ''].join(
        '\r\n',
      ),
    );
    this.socket.on('data', (data: Buffer) => this.#take(data.toString()));
    this.socket.on('close', () => (this.closed = true)).on('error', () => undefined);
    t.teardown(() => this.socket.destroy());
  }

  #take(text: string): void {
    this.rest += text;
    const parts = this.rest.split('\n\n');
    this.rest = parts.pop()!;
    for (const part of parts) {
      this.head ||= part;
      const match = /^id: (.*)\nevent: (.*)\ndata: (.*)$/m.exec(part);
      if (match) this.events.push({ id: match[1]!, type: match[2]! });
    }
  }

  /** Waits for events, as many as asked. */
  async has(count: number): Promise<readonly Told[]> {
    await until(`${count} events`, () => this.events.length >= count);
    return this.events;
  }
}

const listening = async (t: Test, opened: InProcess) => {
  await opened.app.listen({ host: '127.0.0.1', port: 0 });
  const { port } = opened.app.server.address() as AddressInfo;
  const read = (query = '', headers: Record<string, string> = {}, token = opened.admin): Reader =>
    new Reader(t, port, `/api/v1/events${query}`, { Authorization: `Bearer ${token}`, ...headers });
  return { port, read };
};

const all = async ({ ask }: InProcess, query = ''): Promise<Told[]> =>
  (await ask('GET', `/events?limit=10000${query}`)).body.events.map(({ id, type }: Told) => ({
    id,
    type,
  }));

const add = ({ ask }: InProcess): Promise<unknown> =>
  ask('POST', '/processes', { host, role: 'clovis-app' });

t.test('a page is whole commits after a revision, filtered by type', async (t) => {
  const opened = await openStation(t);
  await opened.fill();
  const { ask } = opened;
  const everything = await all(opened);
  const seen: Told[] = [];
  let next: number | null = 0;
  while (next !== null) {
    const { body } = await ask('GET', `/events?from=${next}&limit=1`);
    t.equal(
      new Set(body.events.map(({ id }: Told) => id.split('.')[0])).size,
      1,
      'one whole commit',
    );
    seen.push(...body.events.map(({ id, type }: Told) => ({ id, type })));
    next = body.next;
  }
  t.same(seen, everything);
  const ups = await all(opened, '&type=NodeUp');
  t.same(
    ups,
    everything.filter(({ type }) => type === 'NodeUp'),
  );
  t.equal(ups.length, 3);
  const two = await all(opened, '&type=NodeUp&type=NodeAdded');
  t.same(
    two,
    everything.filter(({ type }) => ['NodeUp', 'NodeAdded'].includes(type)),
  );
  t.match((await ask('GET', '/events?from=999999')).body, { events: [], next: null });
  t.match((await ask('GET', '/events?type=Nothing')).body, { events: [], next: null });
});

t.test('a stream gives all from the beginning and goes on live', async (t) => {
  const opened = await openStation(t);
  await opened.fill();
  const { read } = await listening(t, opened);
  const reader = read();
  const before = await all(opened);
  t.same(await reader.has(before.length), before);
  t.match(reader.head, /^HTTP\/1\.1 200 OK/);
  t.match(reader.head, /content-type: text\/event-stream/);
  await add(opened);
  const after = await all(opened);
  t.same(await reader.has(after.length), after);
  t.match((await opened.ask('GET', '/log')).body.subscribers, [{ name: /^token:/, lag: 0 }]);
  reader.socket.destroy();
  await until('the reader to be forgotten', async () => {
    return (await opened.ask('GET', '/log')).body.subscribers.length === 0;
  });
});

t.test('a stream resumes after exactly the event that was seen last', async (t) => {
  const opened = await openStation(t);
  await opened.fill();
  const { read } = await listening(t, opened);
  const everything = await all(opened);
  for (const [i, { id }] of everything.entries()) {
    const reader = read('', { 'Last-Event-ID': id });
    const rest = everything.slice(i + 1);
    t.same((await reader.has(rest.length)).slice(0, rest.length), rest, `after ${id}`);
    reader.socket.destroy();
  }
  const last = read('', { 'Last-Event-ID': everything.at(-1)!.id });
  const fromTwo = read('?from=2');
  await add(opened);
  const after = await all(opened);
  t.same(await last.has(1), after.slice(everything.length, everything.length + last.events.length));
  await last.has(after.length - everything.length);
  t.same(last.events, after.slice(everything.length));
  const expected = after.filter(({ id }) => Number(id.split('.')[0]) > 2);
  t.same(await fromTwo.has(expected.length), expected);
  for (const id of ['x', '-1.0', '0.3', '1', '1.x']) {
    const answer = await opened.ask('GET', '/events', undefined, {
      headers: { accept: 'text/event-stream', 'last-event-id': id },
    });
    t.match(answer, { status: 400, body: { field: 'last-event-id' } }, id);
  }
});

t.test('a stream has only the types that were asked for', async (t) => {
  const opened = await openStation(t);
  await opened.fill();
  const { read } = await listening(t, opened);
  const reader = read('?type=ProcessAdded&type=NodeUp');
  await add(opened);
  const expected = (await all(opened)).filter(({ type }) =>
    ['ProcessAdded', 'NodeUp'].includes(type),
  );
  t.same(await reader.has(expected.length), expected);
});

t.test('a stream ends when its token is revoked, and with the station', async (t) => {
  const opened = await openStation(t);
  await opened.fill();
  const { read } = await listening(t, opened);
  const token = await opened.tokenOf('viewer');
  const reader = read('', {}, token);
  const other = read();
  const before = await all(opened);
  await reader.has(before.length);
  await opened.ask('DELETE', `/tokens/${token.split('_')[1]!}`);
  await add(opened);
  await until('the end of the stream', () => reader.closed);
  t.equal(reader.events.length, before.length, 'nothing after the revocation, itself included');
  await other.has((await all(opened)).length);
  await opened.close();
  await until('the end of the other', () => other.closed);
});

/** A server of streams alone, whose responses can be looked at. */
const streaming = async (t: Test, { station }: InProcess, keepAlive: number) => {
  const streams = new EventStreams(station, keepAlive);
  const app = fastify();
  const responses: ServerResponse[] = [];
  app.setErrorHandler((error, _request, reply) =>
    reply.code(429).send({ code: (error as { code: string }).code }),
  );
  app.get<{ Querystring: { name: string } }>('/', (request, reply) => {
    const isAllowed = () => true;
    const options = { after: 0 as never, skip: 0, types: null, isAllowed };
    streams.open(reply, { ...options, name: request.query.name });
    responses.push(reply.raw);
    return reply;
  });
  await app.listen({ host: '127.0.0.1', port: 0 });
  t.teardown(() => (streams.close(), app.close()));
  const { port } = app.server.address() as AddressInfo;
  const read = (name: string): Reader => new Reader(t, port, `/?name=${name}`, {});
  return { streams, responses, read };
};

/** Appends commits that are some 10 kB each in a stream. */
const append = async ({ station }: InProcess, count: number): Promise<void> => {
  const padding = 'x'.repeat(60);
  const report = (n: number) => ({
    type: 'ReportNodeUp' as const,
    fqdn: 'a.example',
    speaksFor: null,
    facts: {
      agent: 'a',
      address: '10.0.0.1',
      lnid: 'l',
      interfaces: Array.from({ length: 100 }, (_, i) => ({
        name: `${i} ${padding}`,
        address: `${n}`,
      })),
      memory_mib: n,
      cpus: 1,
      kernel: '',
      boot_id: '',
      version: '',
    },
  });
  for (let n = 0; n < count; n += 100) {
    const batch = Array.from({ length: 100 }, (_, i) => report(n + i));
    await Promise.all(batch.map((each) => station.submit(each, { actor: 'station' }, () => null)));
  }
};

t.test('readers that do not read are let go, take no memory, and slow nobody', async (t) => {
  const opened = await openStation(t);
  const { streams, responses, read } = await streaming(t, opened, 2000);
  const stalled = Array.from({ length: 20 }, () => read('token:stalled'));
  for (const { socket } of stalled) {
    await once(socket, 'data');
    socket.pause();
  }
  const good = read('token:good');
  // More than the ring and the buffers of the kernel hold, so that the log has to be read, too.
  for (let rounds = 0; rounds < 3; rounds += 1) {
    await append(opened, 1200);
    const last = `${opened.station.head}.0`;
    await until('the one that reads to have all', () => good.events.at(-1)?.id === last);
    const unsent = responses.map(({ writableLength }) => writableLength);
    t.ok(Math.max(...unsent) < unsentBytesMax + 2 * 12_000, `${Math.max(...unsent)} bytes wait`);
  }
  t.equal(new Set(good.events.map(({ id }) => id)).size, good.events.length, 'each once');
  t.equal(
    good.events.length,
    (await Array.fromAsync(opened.station.log.read(0 as never))).flatMap((c) => c.events).length,
  );
  await until('the others to be let go', () => streams.list().length === 1);
  t.notOk(good.closed);
});

t.test('a reader that pauses goes on where it was, from the log', async (t) => {
  const opened = await openStation(t);
  const { read } = await streaming(t, opened, 60_000);
  const slow = read('token:slow');
  await once(slow.socket, 'data');
  slow.socket.pause();
  await append(opened, 2000);
  slow.socket.resume();
  const all = (await Array.fromAsync(opened.station.log.read(0 as never))).flatMap(
    ({ revision, events }) => events.map((_, i) => `${revision}.${i}`),
  );
  t.same(
    (await slow.has(all.length)).map(({ id }) => id),
    all,
  );
});

t.test('one more stream than a share is refused, and one that ends makes room', async (t) => {
  const opened = await openStation(t);
  const { streams, read } = await streaming(t, opened, 60_000);
  const readers = Array.from({ length: streamLimits.each }, () => read('token:a'));
  await until('all of them', () => streams.list().length === streamLimits.each);
  const refused = read('token:a');
  await once(refused.socket, 'data');
  t.match(await until('the refusal', () => refused.head || refused.rest), /^HTTP\/1.1 429/);
  readers[0]!.socket.destroy();
  await until('room', () => streams.list().length === streamLimits.each - 1);
  await once(read('token:a').socket, 'data');
  await until('another', () => streams.list().length === streamLimits.each);
});

t.test('a reader that takes nothing while it catches up is let go, too', async (t) => {
  const { station } = await openStation(t);
  const streams = new EventStreams(station, 50);
  const app = fastify();
  let wasClosed = false;
  app.get('/', (_request, reply) => {
    reply.raw.on('close', () => (wasClosed = true));
    // Far more than the kernel's buffers hold, so that the reader's pace is what counts.
    streams.open(reply, {
      after: 0 as never,
      skip: 0,
      types: null,
      name: 'test',
      isAllowed: () => true,
    });
    reply.raw.write(`: ${'x'.repeat(20 * 1024 * 1024)}\n\n`);
    return reply;
  });
  await app.listen({ host: '127.0.0.1', port: 0 });
  t.teardown(() => app.close());
  const socket = connect((app.server.address() as AddressInfo).port, '127.0.0.1');
  socket.on('error', () => undefined);
  socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
  socket.pause();
  await until('it to be let go', () => wasClosed);
  t.same(streams.list(), []);
  socket.destroy();
});

t.test('why: the chain of command, actor and rule behind a resource', async (t) => {
  const opened = await openStation(t);
  await opened.fill();
  const { ask } = opened;
  const { body } = await ask('POST', '/processes', { host, role: 'clovis-app' });
  const { fid } = body.processes.at(-1);
  await ask('PUT', `/processes/${fid}/state`, { state: 'online' });
  const why = await ask('GET', `/why/${fid}`);
  t.equal(why.status, 200);
  t.match(why.body, { id: fid, kind: 'process', resource: { fid, state: 'online' } });
  const actor = `token:${opened.admin.split('_')[1]!}`;
  t.match(why.body.steps, [
    { command: 'AddProcesses', revision: body.revision, actor },
    { command: 'ReportProcessState', revision: body.revision + 1, actor },
  ]);

  await t.test('what a rule added names the rule and what set it off', async (t) => {
    const node = await ask('GET', '/hosts/node2.halcyon.example');
    const [process] = (await ask('GET', '/processes?host=node2.halcyon.example')).body.items;
    const { steps } = (await ask('GET', `/why/${process.fid}`)).body;
    const added = steps[0].events.find(({ type }: Told) => type === 'ProcessAdded');
    t.match(added, { rule: String });
    t.equal(steps[0].command, 'ReportNodeUp');
    const types = steps[0].events.map(({ type }: Told) => type);
    t.ok(types.includes('NodeUp'), 'the chain reaches back to the report');
    const cause = steps[0].events.find(({ id }: Told) => id === added.causation);
    t.ok(cause, 'the event that set it off is in the chain');
    t.match((await ask('GET', `/why/${node.body.node}`)).body, { kind: 'node' });
  });

  t.match((await ask('GET', `/why/${host}`)).body, { kind: 'host', id: host });
  t.match((await ask('GET', '/why/clovis-app')).body, { kind: 'role' });
  t.match((await ask('GET', '/why/example?kind=cluster')).body, { kind: 'cluster' });
  t.match(await ask('GET', '/why/clovis-app?kind=host'), { status: 404 });
  t.equal((await ask('GET', `/why/${fid.toUpperCase().replaceAll('X', 'x')}`)).body.id, fid);
});

t.test('why tells the first commit and the latest, where there are too many', async (t) => {
  const opened = await openStation(t);
  await opened.fill();
  const { body } = await opened.ask('POST', '/processes', { host, role: 'clovis-app' });
  const { fid } = body.processes.at(-1);
  for (let i = 0; i <= stepsMax; i += 1)
    await opened.station.submit(
      { type: 'ReportProcessState', fid, state: 'online', reason: `${i}` },
      { actor: 'station' },
      () => null,
    );
  const { steps } = (await opened.ask('GET', `/why/${fid}`)).body;
  t.equal(steps.length, stepsMax);
  t.equal(steps[0].command, 'AddProcesses');
  t.equal(steps[1].revision, body.revision + 3);
  t.equal(steps.at(-1).revision, opened.station.head);
});
