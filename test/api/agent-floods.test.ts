/** What an agent can make a station do and hold, whatever it says and does not read. */

import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import t from 'tap';
import type { Test } from 'tap';
import { WebSocket, WebSocketServer } from 'ws';
import { factsPace } from '../../src/api/agent-facts.ts';
import { AgentFlow, flowLimits } from '../../src/api/agent-flow.ts';
import { AgentPaces } from '../../src/api/agent-paces.ts';
import { RefusalLog } from '../../src/api/refusal-log.ts';
import { UnreadBytes } from '../../src/api/unread-bytes.ts';
import { Paces } from '../../src/station/fair-use/paces.ts';
import { Slices } from '../../src/station/fair-use/slices.ts';
import { openStation, reported, until } from '../station/harness.ts';
import type { InProcess, Json } from '../station/harness.ts';

const fqdn = 'a.example';

interface Agent {
  readonly socket: WebSocket;
  readonly said: Json[];
  readonly send: (message: object) => void;
  readonly up: (id: number, change?: object) => void;
}

/** An agent that has said hello. */
const connected = async (t: Test, { app }: InProcess, token: string): Promise<Agent> => {
  if (!app.server.listening) await app.listen({ host: '127.0.0.1', port: 0 });
  const { port } = app.server.address() as AddressInfo;
  const headers = { authorization: `Bearer ${token}` };
  const socket = new WebSocket(`ws://127.0.0.1:${port}/api/v1/agent`, { headers });
  t.teardown(() => socket.terminate());
  socket.on('error', () => undefined);
  const said: Json[] = [];
  socket.on('message', (data: Buffer) => said.push(JSON.parse(data.toString())));
  await once(socket, 'open');
  const send = (message: object): void => socket.send(JSON.stringify(message));
  send({ type: 'hello', protocol: 1, fqdn });
  await until('a welcome', () => said.some(({ type }) => type === 'welcome'));
  const up = (id: number, change: object = {}): void =>
    send({ type: 'node-up', id, fqdn, facts: reported('10.0.0.9', change) });
  return { socket, said, send, up };
};

const all = (said: readonly Json[], type: string): Json[] =>
  said.filter((one) => one.type === type);

t.test(
  'a report that says nothing new is taken, and what the host has to run is not told again',
  async (t) => {
    const opened = await openStation(t);
    const token = await opened.tokenOf('agent', { host: fqdn });
    const agent = await connected(t, opened, token);
    for (let id = 1; id <= 5; id += 1) agent.up(id);
    await until('all answers', () => all(agent.said, 'taken').length === 5);
    t.equal(all(agent.said, 'assign').length, 1);
    agent.up(6, { cpus: 5 });
    await until('the answer', () => all(agent.said, 'assign').length === 2);
    const again = await connected(t, opened, token);
    again.up(1, { cpus: 5 });
    await until('a briefing of the new connection', () => all(again.said, 'assign').length === 1);
  },
);

t.test('facts that change all the time are taken at a steady pace, the latest wins', async (t) => {
  const opened = await openStation(t);
  const { station } = opened;
  const agent = await connected(t, opened, await opened.tokenOf('agent', { host: fqdn }));
  const [before, began, reports] = [station.head, performance.now(), 200];
  for (let id = 1; id <= reports; id += 1) agent.up(id, { memory_mib: id });
  await until('all answers', () => all(agent.said, 'taken').length === reports);
  const most = factsPace.burst + 2 + ((performance.now() - began) / 1000) * factsPace.perSecond;
  const made = station.head - before;
  t.ok(made <= most, `${made} commits, at most ${most}`);
  t.equal(station.graph.must('host', fqdn).facts!.memory_mib, reports);
  const ids = all(agent.said, 'taken').map(({ id }) => id);
  t.same(
    [...ids].sort((a, b) => a - b),
    Array.from({ length: reports }, (_, i) => i + 1),
    'each is answered',
  );
  t.equal(all(agent.said, 'taken').at(-1).revision, station.log.head());

  const put = (cpus: number): Promise<Json> =>
    opened.ask('PUT', `/hosts/${fqdn}/facts`, reported('10.0.0.9', { cpus }), {
      token: opened.admin,
    });
  t.equal((await put(7)).status, 200, 'an administrator is not held up');
});

t.test('facts over HTTP have the same pace', async (t) => {
  const opened = await openStation(t);
  const token = await opened.tokenOf('agent', { host: fqdn });
  const [before, began, reports] = [opened.station.head, performance.now(), 60];
  const answers = await Promise.all(
    Array.from({ length: reports }, (_, i) =>
      opened.ask('PUT', `/hosts/${fqdn}/facts`, reported('10.0.0.9', { memory_mib: i + 1 }), {
        token,
      }),
    ),
  );
  t.same(new Set(answers.map(({ status }) => status)), new Set([200]));
  const most = factsPace.burst + 2 + ((performance.now() - began) / 1000) * factsPace.perSecond;
  t.ok(opened.station.head - before <= most);
  t.equal(opened.station.graph.must('host', fqdn).facts!.memory_mib, reports);
});

/** A real connection with a flow of its own. */
const flowing = async (t: Test, parts: Partial<ConstructorParameters<typeof AgentFlow>[0]>) => {
  const server = createServer().listen(0, '127.0.0.1');
  const sockets = new WebSocketServer({ server, autoPong: false });
  t.teardown(() => server.close());
  await once(server, 'listening');
  const client = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`);
  t.teardown(() => client.terminate());
  client.on('error', () => undefined);
  const [[socket, { socket: tcp }]] = (await Promise.all([
    once(sockets, 'connection'),
    once(client, 'open'),
  ])) as [[WebSocket, { socket: Socket }], unknown];
  const cut: string[] = [];
  const flow = new AgentFlow({
    socket,
    tcp,
    take: () => 0,
    unread: new UnreadBytes(),
    slices: new Slices(),
    cut: (why) => {
      cut.push(why);
      socket.terminate();
    },
    ...parts,
  });
  socket.on('message', () => flow.received());
  return { client, socket, flow, cut };
};

t.test(
  'an agent that does not read what it is told is cut, after a while or at once',
  async (t) => {
    const limits = { ...flowLimits, unreadBytes: 1000, unreadMs: 300 };
    const slow = await flowing(t, { limits });
    slow.client.pause();
    slow.flow.send('x'.repeat(16 * 1024 * 1024));
    t.ok(slow.flow.isHeld);
    await until('the end', () => slow.cut.length === 1);

    const much = await flowing(t, {
      limits: { ...limits, unreadBytesMax: 1024 * 1024, unreadMs: 60_000 },
    });
    much.client.pause();
    for (let i = 0; i < 40 && much.cut.length === 0; i += 1)
      much.flow.send('x'.repeat(1024 * 1024));
    t.equal(much.cut.length, 1);

    // However long that takes on a busy machine.
    const reading = await flowing(t, { limits: { ...limits, unreadMs: 60_000 } });
    reading.flow.send('x'.repeat(16 * 1024 * 1024));
    await once(reading.client, 'message');
    await until('that it is read again', () => !reading.flow.isHeld);
    t.equal(reading.cut.length, 0, 'one that reads is not');
  },
);

t.test('an agent that reads no answers is not read either', async (t) => {
  const mib = 'x'.repeat(1024 * 1024);
  const { client, socket, flow } = await flowing(t, {});
  const heard = { count: 0, most: 0 };
  socket.on('message', () => {
    heard.count += 1;
    flow.send(mib);
    heard.most = Math.max(heard.most, socket.bufferedAmount);
  });
  client.pause();
  const said = 64;
  for (let i = 0; i < said; i += 1) client.send(mib);
  await until('a full connection', () => flow.isHeld);
  t.ok(heard.count < said, `${heard.count} of ${said} were read`);
  t.ok(heard.most < 8 * mib.length, `${heard.most} bytes waited`);
  client.resume();
  await until('the rest', () => heard.count === said);
});

t.test('messages that come too fast are read later, and reports while few wait', async (t) => {
  // All of it comes at one moment, however long it takes to be read.
  const paces = new Paces({ burst: 10, perSecond: 50 }, () => 0);
  const take = (): number => paces.take('', Infinity)!;
  const { client, socket, flow } = await flowing(t, {
    take,
    limits: { ...flowLimits, reports: 2 },
  });
  const rests: boolean[] = [];
  const [pause, resume] = [socket.pause.bind(socket), socket.resume.bind(socket)];
  socket.pause = () => {
    rests.push(true);
    pause();
  };
  socket.resume = () => {
    rests.push(false);
    resume();
  };
  for (let i = 0; i < 11; i += 1) client.send('heartbeat');
  await until('a rest and the end of it', () => rests.length === 2);
  t.same(rests, [true, false]);
  t.notOk(flow.isHeld);
  const work = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const done = work.map(({ promise }) => flow.during(promise));
  t.ok(flow.isHeld);
  for (const { resolve } of work) resolve();
  await Promise.all(done);
  t.notOk(flow.isHeld);
});

t.test('of what all agents have not read there is an end: who has most is cut', async (t) => {
  const mib = 1024 * 1024;
  const unread = new UnreadBytes(32 * mib);
  const limits = { ...flowLimits, unreadBytesMax: 1024 * mib };
  const [most, less, reading] = [
    await flowing(t, { unread, limits }),
    await flowing(t, { unread, limits }),
    await flowing(t, { unread, limits }),
  ];
  most.client.pause();
  less.client.pause();
  most.flow.send('x'.repeat(24 * mib));
  less.flow.send('x'.repeat(4 * mib));
  t.same([most.cut.length, less.cut.length], [0, 0], 'as much as there may be');
  reading.flow.send('x'.repeat(16 * mib));
  t.same([most.cut.length, less.cut.length, reading.cut.length], [1, 0, 0]);
  await once(reading.client, 'message');
  await until('that it is read again', () => !reading.flow.isHeld);
  reading.flow.send('x'.repeat(16 * mib));
  await once(reading.client, 'message');
  t.same([less.cut.length, reading.cut.length], [0, 0], 'what was read makes room');
});

t.test('agents with one token have a pace together, an administrator has none', async (t) => {
  const [ofHost, ofToken] = [
    { burst: 3, perSecond: 0.001 },
    { burst: 5, perSecond: 0.001 },
  ];
  const paces = new AgentPaces(ofHost, ofToken);
  const row = { id: 't', name: '', hash: '', process: null, expires: 0, created: 1, changed: 1 };
  const takes = (credential: object, fqdn: string, count: number): number[] =>
    Array.from({ length: count }, () => paces.take({ ...row, ...credential } as never, fqdn));
  const any = { role: 'agent', host: null };
  t.same(takes(any, 'a.example', 3), [0, 0, 0]);
  t.same(takes(any, 'b.example', 2), [0, 0]);
  t.ok(takes(any, 'c.example', 1)[0]! > 0, 'one more than the token has');
  const bound = { id: 'u', role: 'agent', host: 'a.example' };
  t.same(takes(bound, 'a.example', 3), [0, 0, 0], 'another token has a pace of its own');
  t.ok(takes(bound, 'a.example', 1)[0]! > 0, 'one more than its host has');
  t.same(takes({ id: 'v', role: 'admin', host: null }, 'a.example', 6), [0, 0, 0, 0, 0, 0]);
});

t.test('a thousand refusals are not a thousand lines of the log', async (t) => {
  const opened = await openStation(t);
  const agent = await connected(t, opened, opened.admin);
  const refused = 1000;
  for (let id = 1; id <= refused; id += 1)
    agent.send({ type: 'node-up', id, fqdn: 'other.example', facts: reported('10.0.0.9') });
  await until('all refusals', () => all(agent.said, 'refused').length === refused);
  const lines = opened.logged.filter((line) => line.includes('identity-mismatch'));
  t.ok(lines.length >= 1 && lines.length < 10, `${lines.length} lines`);
});

t.test('the log says how many more refusals there were', async (t) => {
  const lines: string[] = [];
  const log = new RefusalLog({ everyMs: 50 });
  const say = (_details: object, message: string): void => void lines.push(message);
  for (let i = 0; i < 5; i += 1) log.say(say, 'one kind', {}, 'refused');
  log.say(say, 'another', {}, 'cut');
  t.same(lines, ['refused', 'cut']);
  await until('the count', () => lines.length === 3);
  t.equal(lines[2], 'refused (and 4 more like this)');
});
