/** The agents' WebSocket from the station's side. */

import { once } from 'node:events';
import { connect as connectTo } from 'node:net';
import type { AddressInfo } from 'node:net';
import t from 'tap';
import type { Test } from 'tap';
import { WebSocket } from 'ws';
import { agentMessageBytesMax, closeCodes } from '../../src/contract/agent-protocol.ts';
import { AgentSessions, heartbeatsPerSecondMax } from '../../src/station/duties/agent-sessions.ts';
import { systemTime } from '../../src/station/time.ts';
import { bodyOf, openStation, reported, until } from '../station/harness.ts';
import type { InProcess, Json } from '../station/harness.ts';

/** An agent played by hand. */
class Agent {
  readonly said: Json[] = [];
  closed: { code: number; reason: string } | null = null;
  readonly socket: WebSocket;

  /** @param autoPong false where the machine hears nothing and yet the connection stays */
  constructor(t: Test, url: string, token: string, autoPong = true) {
    const headers = { authorization: `Bearer ${token}` };
    this.socket = new WebSocket(url, { headers, autoPong });
    this.socket.on('message', (data: Buffer) => this.said.push(JSON.parse(data.toString())));
    this.socket.on('close', (code, reason) => (this.closed = { code, reason: reason.toString() }));
    this.socket.on('error', () => undefined);
    t.teardown(() => this.socket.terminate());
  }

  async send(message: unknown): Promise<void> {
    if (this.socket.readyState === WebSocket.CONNECTING) await once(this.socket, 'open');
    const isText = typeof message === 'string' || Buffer.isBuffer(message);
    this.socket.send(isText ? message : JSON.stringify(message));
  }

  async hears(type: string, id?: number): Promise<Json> {
    return until(`${type} ${id ?? ''}`, () =>
      this.said.find((one) => one.type === type && (id === undefined || one.id === id)),
    );
  }

  async ends(): Promise<{ code: number; reason: string }> {
    return until('the end of the connection', () => this.closed);
  }

  async hello(fqdn: string): Promise<Json> {
    await this.send({ type: 'hello', protocol: 1, fqdn });
    return this.hears('welcome');
  }

  async up(fqdn: string, id = 1, facts: object = reported('10.0.0.9')): Promise<void> {
    await this.send({ type: 'node-up', id, fqdn, facts });
  }
}

const listening = async (t: Test, opened: InProcess) => {
  await opened.app.listen({ host: '127.0.0.1', port: 0 });
  const { port } = opened.app.server.address() as AddressInfo;
  const token = await opened.tokenOf('agent');
  return (own = token, autoPong = true): Agent =>
    new Agent(t, `ws://127.0.0.1:${port}/api/v1/agent`, own, autoPong);
};

const fqdn = 'a.example';
const stateOf = ({ station }: InProcess): string | undefined =>
  station.graph.get('host', fqdn)?.state;

t.test(
  'hello, welcome, node-up, taken: the host is registered and up; nothing new leaves no trace',
  async (t) => {
    const opened = await openStation(t);
    const connect = await listening(t, opened);
    const agent = connect();
    t.match(await agent.hello(fqdn), { protocol: 1, version: String, heartbeat_ms: 30_000 });
    await agent.up(fqdn, 7);
    const taken = await agent.hears('taken', 7);
    t.equal(taken.revision, opened.station.log.head());
    t.match((await opened.ask('GET', `/hosts/${fqdn}`)).body, {
      state: 'up',
      cpus: 4,
      address: '10.0.0.9',
    });
    await agent.up(fqdn, 8);
    t.match(await agent.hears('taken', 8), { revision: taken.revision });
    t.equal(opened.station.log.head(), taken.revision);
    await agent.up(fqdn, 9, reported('10.0.0.9', { cpus: 8 }));
    t.match(await agent.hears('taken', 9), { revision: taken.revision + 1 });
    t.equal(opened.station.agents.connected, 1);
  },
);

t.test('T66: an agent of an older version, which says less, is understood', async (t) => {
  const opened = await openStation(t);
  const agent = (await listening(t, opened))();
  await agent.send({ type: 'hello', protocol: 1, fqdn, unknown: true });
  await agent.hears('welcome');
  await agent.up(fqdn, 1, { agent: 'old', memory_mib: 1, cpus: 1, colour: 'red' });
  await agent.hears('taken', 1);
  t.match(opened.station.graph.must('host', fqdn).facts, {
    address: '127.0.0.1',
    lnid: '127.0.0.1@tcp',
    version: '',
  });
});

t.test('what is not of the protocol ends the connection', async (t) => {
  const opened = await openStation(t);
  const connect = await listening(t, opened);
  const { station } = opened;
  const head = station.log.head();
  const hello = { type: 'hello', protocol: 1, fqdn };
  for (const [what, messages, code] of [
    ['no JSON', ['{'], closeCodes.badMessage],
    ['no message', [{ type: 'dance' }], closeCodes.badMessage],
    ['a heartbeat first', [{ type: 'heartbeat' }], closeCodes.badMessage],
    [
      'a report first',
      [{ type: 'node-up', id: 1, fqdn, facts: reported('10.0.0.1') }],
      closeCodes.badMessage,
    ],
    [
      'a wrong report',
      [hello, { type: 'node-up', id: 1, fqdn, facts: { cpus: 0 } }],
      closeCodes.badMessage,
    ],
    ['a name that is none', [{ ...hello, fqdn: 'A b' }], closeCodes.badMessage],
    ['a second hello', [hello, { ...hello, fqdn: 'b.example' }], closeCodes.badMessage],
    ['a newer protocol', [{ ...hello, protocol: 2 }], closeCodes.unsupportedProtocol],
    ['an older protocol', [{ ...hello, protocol: 0 }], closeCodes.unsupportedProtocol],
    [
      'a key twice',
      ['{"type":"hello","protocol":1,"fqdn":"a.example","fqdn":"b.example"}'],
      closeCodes.badMessage,
    ],
    [
      'a number that would be another',
      [
        hello,
        JSON.stringify({ type: 'node-up', id: 1, fqdn, facts: reported('10.0.0.1') }).replace(
          /"memory_mib":\d+/,
          '"memory_mib":9007199254740993',
        ),
      ],
      closeCodes.badMessage,
    ],
    ['no UTF-8', [Buffer.from([0x7b, 0xff, 0x7d])], closeCodes.badMessage],
    ['too much', [`"${'x'.repeat(agentMessageBytesMax - 1)}"`], 1009],
    ['as much as fits', [`"${'x'.repeat(agentMessageBytesMax - 2)}"`], closeCodes.badMessage],
  ] as const) {
    const agent = connect();
    for (const message of messages) await agent.send(message);
    t.equal((await agent.ends()).code, code, what);
  }
  t.equal(station.log.head(), head);
  const agent = connect();
  await agent.send({ ...hello, protocol: 2 });
  t.match(await agent.ends(), { reason: /protocol 2 is not spoken here, only 1 to 1/ });
});

t.test(
  'T65: a report about a process that nobody knows is refused, and leaves no trace',
  async (t) => {
    const opened = await openStation(t);
    const agent = (await listening(t, opened))();
    await agent.hello(fqdn);
    await agent.up(fqdn);
    await agent.hears('taken', 1);
    const head = opened.station.log.head();
    const report = { type: 'process', generation: 1, state: 'online', pid: 7, reason: '' };
    for (const id of [2, 3, 4]) {
      await agent.send({ ...report, id, fid: `0x7200000000000001:0xfff${id}` });
      t.match(await agent.hears('refused', id), { code: 'unknown-process' });
    }
    t.equal(opened.station.log.head(), head);
    await agent.up(fqdn, 5, reported('10.0.0.9', { cpus: 9 }));
    t.match(
      await agent.hears('taken', 5),
      { revision: head + 1 },
      'the agent is listened to as before',
    );
  },
);

t.test('T34: reports that come twice, late or out of order change nothing', async (t) => {
  const opened = await openStation(t);
  const { ask, station } = opened;
  const roles = `
- role: worker
  processes:
    - name: worker
      ownership: managed
      endpoint: "{{ lnid }}:12345:41:1"
      command: [sleep, "86400"]
`;
  const agent = (await listening(t, opened))();
  await agent.hello(fqdn);
  await agent.up(fqdn);
  await agent.hears('taken', 1);
  t.equal((await ask('POST', '/load', bodyOf('cluster: x\nhosts: []\n', roles))).status, 200);
  const added = await ask('POST', '/processes', { host: fqdn, role: 'worker' });
  const { fid } = added.body.processes[0];
  await ask('POST', `/processes/${fid}/start`);
  let id = 1;
  const says = async (generation: number, state: string, pid: number | null): Promise<void> => {
    id += 1;
    await agent.send({ type: 'process', id, fid, generation, state, pid, reason: '' });
    await agent.hears('taken', id);
  };
  await says(1, 'online', 7);
  const online = station.log.head();
  await says(1, 'starting', 7);
  await says(1, 'online', 7);
  t.equal(station.log.head(), online, 'doubled, and the earlier one after the later');
  t.match((await ask('GET', `/processes/${fid}`)).body, { state: 'online', pid: 7 });

  await ask('POST', `/processes/${fid}/restart`);
  const restarted = station.log.head();
  for (const state of ['exited', 'online', 'stopping', 'refused']) await says(1, state, 7);
  t.equal(station.log.head(), restarted, 'all of the run before');
  t.match((await ask('GET', `/processes/${fid}`)).body, { state: 'starting', generation: 2 });
  await says(2, 'online', 8);
  t.match((await ask('GET', `/processes/${fid}`)).body, { state: 'online', pid: 8 });
});

t.test('an agent that lies about its host is refused', async (t) => {
  const opened = await openStation(t);
  const connect = await listening(t, opened);
  const bound = await opened.tokenOf('agent', { host: fqdn });
  const liar = connect(bound);
  await liar.send({ type: 'hello', protocol: 1, fqdn: 'b.example' });
  t.match(await liar.ends(), { code: closeCodes.notAllowed, reason: /speaks for a\.example/ });
  const other = connect(bound);
  await other.hello(fqdn);
  await other.up('b.example');
  t.match(await other.hears('refused', 1), { code: 'identity-mismatch' });
  t.equal(opened.station.graph.get('host', 'b.example'), undefined);
  await other.up(fqdn, 2);
  await other.hears('taken', 2);
});

t.test(
  'T60: two agents with one name: the first is the host, the second is refused and remembered',
  async (t) => {
    const opened = await openStation(t);
    const connect = await listening(t, opened);
    const [first, second] = [connect(), connect()];
    await first.hello(fqdn);
    await first.up(fqdn);
    await first.hears('taken', 1);
    await second.hello(fqdn);
    await second.up(fqdn, 1, reported('10.0.0.10'));
    t.match(await second.hears('refused', 1), { code: 'host-claimed' });
    const head = opened.station.log.head();
    await second.up(fqdn, 2, reported('10.0.0.10'));
    await second.hears('refused', 2);
    t.equal(opened.station.log.head(), head, 'once is enough');
    t.match((await opened.ask('GET', `/hosts/${fqdn}`)).body, {
      address: '10.0.0.9',
      refused: ['agent of 10.0.0.10'],
    });
    t.equal(first.closed, null);
  },
);

const boot = (number: number, change: object = {}): object =>
  reported('10.0.0.9', { agent: `agent ${number}`, boot_id: `boot ${number}`, ...change });

t.test('a machine that lost its id with its power is believed at once', async (t) => {
  const opened = await openStation(t);
  const connect = await listening(t, opened);
  const bound = await opened.tokenOf('agent', { host: fqdn });
  const join = async (number: number, autoPong = true): Promise<Agent> => {
    const agent = connect(bound, autoPong);
    await agent.hello(fqdn);
    await agent.up(fqdn, number, boot(number));
    await agent.hears('taken', number);
    return agent;
  };
  const known = (): string | undefined => opened.station.graph.get('host', fqdn)?.facts?.agent;
  const silent = await join(1, false);
  t.equal(silent.closed, null);
  const second = await join(2);
  t.equal(known(), 'agent 2', 'its old connection stays, and nobody is there');
  t.equal(opened.station.agents.connected, 1);

  second.socket.terminate();
  await until('the end of the connection', () => opened.station.agents.connected === 0);
  await join(3);
  t.equal(known(), 'agent 3', 'its old connection has ended');
  t.match((await opened.ask('GET', `/hosts/${fqdn}`)).body, { state: 'up', refused: [] });
});

t.test('a second machine is refused, whatever it says, while the first answers', async (t) => {
  const opened = await openStation(t);
  const connect = await listening(t, opened);
  const bound = await opened.tokenOf('agent', { host: fqdn });
  const first = connect(bound);
  await first.hello(fqdn);
  await first.up(fqdn, 1, boot(1));
  await first.hears('taken', 1);
  const second = connect(bound);
  await second.hello(fqdn);
  await second.up(fqdn, 2, boot(2));
  t.match(await second.hears('refused', 2), { code: 'host-claimed' });
  t.equal(first.closed, null);
  const unbound = connect();
  await unbound.hello(fqdn);
  first.socket.terminate();
  await until('the end of the connection', () => opened.station.agents.connected === 0);
  await unbound.up(fqdn, 3, boot(3));
  t.match(await unbound.hears('refused', 3), { code: 'host-claimed' }, 'its token is for any host');
  await second.up(fqdn, 4, boot(2, { address: '10.0.0.10' }));
  t.match(await second.hears('refused', 4), { code: 'host-claimed' }, 'at another address');
});

t.test('of connections to an earlier station nothing is known', async (t) => {
  const earlier = await openStation(t);
  const bound = await earlier.tokenOf('agent', { host: fqdn });
  const first = (await listening(t, earlier))(bound);
  await first.hello(fqdn);
  await first.up(fqdn, 1, boot(1));
  await first.hears('taken', 1);
  await earlier.close();
  const opened = await openStation(t, { directory: earlier.directory, admin: earlier.admin });
  const second = (await listening(t, opened))(bound);
  await second.hello(fqdn);
  await second.up(fqdn, 2, boot(2));
  t.match(await second.hears('refused', 2), { code: 'host-claimed' });
});

t.test('a host that shuts down is down at once, and up when it is back', async (t) => {
  const opened = await openStation(t);
  const connect = await listening(t, opened);
  const [replaced, agent] = [connect(), connect()];
  await replaced.send({ type: 'hello', protocol: 1, minor: 4, fqdn });
  await replaced.up(fqdn, 1);
  await replaced.hears('taken', 1);
  t.match(await agent.hello(fqdn), { minor: 4, term: 1, cluster: /^[0-9a-f]{8}$/ });
  await agent.send({ type: 'shutting-down', id: 1 });
  t.match(await agent.hears('refused', 1), {}, 'who has not reported speaks for no host');
  await agent.up(fqdn, 2);
  await agent.hears('taken', 2);
  await replaced.ends();
  t.equal(stateOf(opened), 'up');
  await agent.send({ type: 'shutting-down', id: 3 });
  t.equal((await agent.hears('taken', 3)).revision, opened.station.log.head());
  t.equal((await agent.ends()).code, 1000);
  t.match((await opened.ask('GET', `/hosts/${fqdn}`)).body, { state: 'down', reason: 'shut down' });
  t.ok(opened.station.agents.silenceMs(fqdn)! >= 0, 'it was heard from before');

  const again = connect();
  await again.hello(fqdn);
  await again.up(fqdn, 1);
  await again.hears('taken', 1);
  t.equal(stateOf(opened), 'up');
});

t.test('an agent that connects again takes the place of its older connection', async (t) => {
  const opened = await openStation(t);
  const connect = await listening(t, opened);
  const [old, fresh] = [connect(), connect()];
  await old.hello(fqdn);
  await old.up(fqdn);
  await old.hears('taken', 1);
  await fresh.hello(fqdn);
  await fresh.up(fqdn);
  await fresh.hears('taken', 1);
  t.equal((await old.ends()).code, 1001);
  t.equal(opened.station.agents.connected, 1);
  t.equal(stateOf(opened), 'up');
});

t.test('a token that is revoked stops speaking at once, also on an open connection', async (t) => {
  const opened = await openStation(t);
  const connect = await listening(t, opened);
  const token = await opened.tokenOf('agent');
  const agent = connect(token);
  await agent.hello(fqdn);
  await agent.up(fqdn);
  await agent.hears('taken', 1);
  await opened.ask('DELETE', `/tokens/${token.split('_')[1]!}`);
  const head = opened.station.log.head();
  await agent.up(fqdn, 2, reported('10.0.0.9', { cpus: 9 }));
  t.equal((await agent.ends()).code, closeCodes.notAllowed);
  t.equal(opened.station.log.head(), head);
  const again = connect(token);
  await until('the refusal', () => again.socket.readyState === WebSocket.CLOSED);
});

t.test(
  'a host that falls silent goes down after keepalive_timeout, and comes back with its next report',
  async (t) => {
    const opened = await openStation(t);
    const facts = `cluster: x\nhosts: []\nvars: { keepalive_frequency: 1, keepalive_timeout: 2 }\n`;
    const loaded = await opened.ask('POST', '/load', bodyOf(facts));
    t.equal(loaded.status, 200, loaded.text);
    const connect = await listening(t, opened);
    const agent = connect();
    t.match(await agent.hello(fqdn), { heartbeat_ms: 1000 });
    await agent.up(fqdn);
    await agent.hears('taken', 1);
    const started = performance.now();
    const beats = setInterval(() => void agent.send({ type: 'heartbeat' }), 500);
    t.teardown(() => clearInterval(beats));
    await until('more than the timeout', () => performance.now() - started > 2600);
    t.equal(stateOf(opened), 'up', 'while it is heard from');
    clearInterval(beats);
    await until('the host to be down', () => stateOf(opened) === 'down');
    t.match((await opened.ask('GET', `/hosts/${fqdn}`)).body, { reason: 'no heartbeat for 2 s' });
    t.equal((await agent.ends()).code, 1001);
    const again = connect();
    await again.hello(fqdn);
    await again.up(fqdn);
    await again.hears('taken', 1);
    t.equal(stateOf(opened), 'up');
  },
);

t.test('a connection that is refused is closed at once', async (t) => {
  const opened = await openStation(t);
  await listening(t, opened);
  const { port } = opened.app.server.address() as AddressInfo;
  for (const path of ['/api/v1/agent', '/api/v1/nothing']) {
    const socket = connectTo(port, '127.0.0.1');
    socket.write(
      [
        `GET ${path} HTTP/1.1`,
        'Host: x',
        'Connection: Upgrade',
        'Upgrade: websocket',
        'Sec-WebSocket-Version: 13',
        'Sec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==',
        '',
        '',
      ].join('\r\n'),
    );
    socket.resume();
    t.teardown(() => socket.destroy());
    await until(`the end of ${path}`, () => socket.closed || socket.readableEnded);
  }
});

t.test('a connection that ends is not a host that is down', async (t) => {
  const opened = await openStation(t);
  const connect = await listening(t, opened);
  const agent = connect();
  await agent.hello(fqdn);
  await agent.up(fqdn);
  await agent.hears('taken', 1);
  agent.socket.terminate();
  await until('the connection to be gone', () => opened.station.agents.connected === 0);
  t.equal(stateOf(opened), 'up');
});

t.test(
  'many agents are asked to beat slower, so that all together stay below the ceiling',
  async (t) => {
    const { station } = await openStation(t);
    let now = 0;
    const lost: string[] = [];
    const sessions = new AgentSessions({
      graph: () => station.graph,
      awake: () => now,
      time: systemTime,
      lost: (name) => lost.push(name),
    });
    sessions.start(1);
    t.teardown(() => sessions.stop());
    const paced = new Map<string, number>();
    const join = (name: string): void =>
      sessions.join({
        fqdn: name,
        pace: (ms) => paced.set(name, ms),
        assign: () => undefined,
        close: () => undefined,
        minor: 0,
        protocol: '1.0',
        term: 1,
        trace: () => undefined,
        openOutput: () => t.fail('nobody asks') as never,
        answers: () => t.fail('nobody doubts') as never,
      });
    join('first');
    t.equal(sessions.heartbeatMs(), 30_000);
    const many = 40_000;
    for (let i = 1; i < many; i += 1) join(`h${i}`);
    t.equal(sessions.heartbeatMs(), (many * 1000) / heartbeatsPerSecondMax);
    await until('the first to be told', () => paced.get('first') === 80_000);
    t.equal(sessions.timeoutMs(), 160_000, 'and nobody is declared dead for it');
    now = 150_000;
    join('h1');
    now = 165_000;
    await until('the silent ones to be lost', () => lost.length === many - 1);
    t.notOk(lost.includes('h1'));
    await until('the rest to be told', () => paced.get('h1') === 30_000);
  },
);
