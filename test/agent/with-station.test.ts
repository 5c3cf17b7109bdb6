/** Agents and a station, each as the executable that a user runs. */

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import type { Test } from 'tap';
import { WebSocket } from 'ws';
import type { ReportedFacts } from '../../src/contract/agent-protocol.ts';
import { closeCodes } from '../../src/contract/agent-protocol.ts';
import type { Host } from '../../src/contract/hosts.ts';
import type { Page } from '../../src/contract/page.ts';
import type { Status } from '../../src/contract/status.ts';
import { folderOf } from '../folder.ts';
import { Executable } from './executable.ts';
import { until } from './played-station.ts';

const deadlineMs = 120_000;
const quickFacts = `
cluster: test
vars: { keepalive_frequency: 1, keepalive_timeout: 10 }
hosts: []
`;

class RunningStation {
  readonly dir: string;
  readonly #t: Test;
  #executable: Executable | undefined;
  #url = new URL('http://127.0.0.1:0');
  #admin = '';

  constructor(t: Test) {
    this.#t = t;
    this.dir = folderOf(t, { data: {}, agents: {} });
  }

  get url(): string {
    return this.#url.href;
  }

  async start(): Promise<void> {
    this.#executable = new Executable(this.#t, [
      ...['station', '--data', join(this.dir, 'data'), '--listen', this.#url.host],
    ]);
    this.#url = new URL(await this.#executable.says(/listening on (\S+)/));
    this.#admin ||= await this.#executable.says(/bootstrap admin token: (\S+)/);
  }

  async stop(signal?: NodeJS.Signals): Promise<void> {
    await this.#executable?.stop(signal);
  }

  async ask<Reply>(path: string, body?: unknown): Promise<Reply> {
    const response = await fetch(new URL(`api/v1/${path}`, this.#url), {
      method: body === undefined ? 'GET' : 'POST',
      headers: { authorization: `Bearer ${this.#admin}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(deadlineMs),
    });
    const reply = (await response.json()) as Reply;
    if (!response.ok) throw new Error(`${path}: ${response.status} ${JSON.stringify(reply)}`);
    return reply;
  }

  async load(text: string): Promise<void> {
    await this.ask('load', { facts: { name: 'facts.yaml', text }, roles: [] });
  }

  async hosts(): Promise<Record<string, string>> {
    const { hosts } = await this.ask<Status>('status');
    return Object.fromEntries(hosts.map(({ fqdn, state }) => [fqdn, state]));
  }

  async host(fqdn: string): Promise<Host> {
    const { items } = await this.ask<Page<Host>>('hosts');
    const host = items.find((one) => one.fqdn === fqdn);
    if (!host) throw new Error(`there is no host ${fqdn}`);
    return host;
  }

  async head(): Promise<number> {
    return (await this.ask<{ head: number }>('log')).head;
  }

  async token(host: string | null): Promise<string> {
    const { token } = await this.ask<{ token: string }>('tokens', {
      name: 'an agent',
      role: 'agent',
      host,
    });
    return token;
  }

  /** An agent with its own state directory, named by `id`. */
  agent(id: string, token: string, ...args: string[]): Executable {
    const dir = join(this.dir, 'agents', id);
    mkdirSync(dir, { recursive: true });
    writeFileSync(join(dir, 'token'), token, { mode: 0o600 });
    return new Executable(this.#t, [
      ...['agent', '--station', this.url, '--state-dir', dir],
      ...['--token-file', join(dir, 'token'), ...args],
    ]);
  }

  async until(what: string, holds: () => Promise<boolean>): Promise<void> {
    const deadline = performance.now() + deadlineMs;
    while (!(await holds())) {
      if (performance.now() > deadline) throw new Error(`not within ${deadlineMs} ms: ${what}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

const startedStation = async (t: Test, facts = quickFacts): Promise<RunningStation> => {
  const station = new RunningStation(t);
  await station.start();
  await station.load(facts);
  return station;
};

const names = [11, 12, 13].map((n) => ({ fqdn: `n${n}.example`, address: `127.0.0.${n}` }));

t.test('hosts come up with their agents, go down without, and come up again', async (t) => {
  const station = await startedStation(t);
  const token = await station.token(null);
  const start = ({ fqdn, address }: (typeof names)[number]): Executable =>
    station.agent(fqdn, token, '--fqdn', fqdn, '--address', address);
  const agents = names.map(start);
  for (const agent of agents) await agent.says(/took the report/);
  t.same(await station.hosts(), { 'n11.example': 'up', 'n12.example': 'up', 'n13.example': 'up' });
  t.match(await station.host('n12.example'), {
    address: '127.0.0.12',
    lnid: '127.0.0.12@tcp',
    agent_version: /^\d+\.\d+\.\d+$/,
    processes: 0,
  });

  await agents[1]!.stop('SIGKILL');
  await station.until('n12 is down', async () => (await station.hosts())['n12.example'] === 'down');
  const after = await station.hosts();
  t.match(after, { 'n11.example': 'up', 'n13.example': 'up' }, 'heartbeats keep the others up');
  t.match((await station.host('n12.example')).reason, /no heartbeat/);

  const again = start(names[1]!);
  await again.says(/took the report/);
  t.same(await station.hosts(), { 'n11.example': 'up', 'n12.example': 'up', 'n13.example': 'up' });
});

t.test(
  'after a restart of the station agents come back, and nothing new is in the log',
  async (t) => {
    const station = await startedStation(t, quickFacts.replace('timeout: 10', 'timeout: 60'));
    const token = await station.token(null);
    const agents = names.map(({ fqdn }) => station.agent(fqdn, token, '--fqdn', fqdn));
    for (const agent of agents) await agent.says(/took the report/);
    const head = await station.head();
    for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
      const taken = (agent: Executable): number =>
        agent.log.filter(({ msg }) => msg === 'the station took the report').length;
      const before = agents.map(taken);
      await station.stop(signal);
      await station.start();
      await until(
        `every agent has reported again after ${signal}`,
        () => agents.every((agent, i) => taken(agent) > before[i]!),
        deadlineMs,
      );
      t.equal(await station.head(), head, `after ${signal}`);
    }
    t.same(Object.values(await station.hosts()), ['up', 'up', 'up']);
  },
);

t.test('T60: a second machine with the name of a live host is refused, and it shows', async (t) => {
  const station = await startedStation(t);
  const token = await station.token(null);
  const first = station.agent('first', token, '--fqdn', 'n1.example', '--address', '127.0.0.11');
  await first.says(/took the report/);
  const second = station.agent('second', token, '--fqdn', 'n1.example', '--address', '127.0.0.12');
  await until('a refusal', () => second.hasLogged(/refused/), deadlineMs);
  t.match(
    second.log.find(({ msg }) => /refused/.test(msg as string)),
    { level: 50, code: 'host-claimed', advice: /--fqdn/ },
  );
  const host = await station.host('n1.example');
  t.match(host, { state: 'up', address: '127.0.0.11' }, 'the first one keeps the name');
  t.same(host.refused, [second.log[0]?.['agent']]);
  t.notOk(first.hasLogged(/refused|closed/), 'and is left alone');
});

t.test('an agent with the token of another host is refused until it has its own', async (t) => {
  const station = await startedStation(t);
  const liar = station.agent('liar', await station.token('n1.example'), '--fqdn', 'n2.example');
  await until('a denial', () => liar.log.some(({ ending }) => ending === 'denied'), deadlineMs);
  t.match(
    liar.log.find(({ ending }) => ending === 'denied'),
    { level: 50, msg: /speaks for n1\.example, not for n2\.example/, advice: /token/ },
  );
  t.same(await station.hosts(), {});
  await liar.stop();
  const honest = station.agent('liar', await station.token('n2.example'), '--fqdn', 'n2.example');
  await honest.says(/took the report/);
  t.same(await station.hosts(), { 'n2.example': 'up' });
});

t.test('a token that is not one, or not an agent’s, does not let an agent in', async (t) => {
  const station = await startedStation(t);
  const { token: viewer } = await station.ask<{ token: string }>('tokens', {
    name: 'a viewer',
    role: 'viewer',
  });
  for (const [id, token, status] of [
    ['wrong', 'hal_000000000000_wrong', 401],
    ['viewer', viewer, 403],
  ] as const) {
    const agent = station.agent(id, token, '--fqdn', 'n1.example');
    await until('a denial', () => agent.log.some(({ ending }) => ending === 'denied'), deadlineMs);
    t.ok(agent.hasLogged(new RegExp(`HTTP ${status}`)), agent.stdout);
    t.notMatch(agent.stdout, token);
    await agent.stop();
  }
  t.same(await station.hosts(), {});
});

/** A connection whose every message is the test's own. */
class RawAgent {
  readonly received: Record<string, unknown>[] = [];
  readonly closed: Promise<{ code: number; reason: string }>;
  readonly #socket: WebSocket;

  static async connect(t: Test, url: string, token: string): Promise<RawAgent> {
    const socket = new WebSocket(new URL('api/v1/agent', url.replace('http', 'ws')), {
      headers: { authorization: `Bearer ${token}` },
    });
    t.teardown(() => socket.terminate());
    const agent = new RawAgent(socket);
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    socket.once('open', resolve).once('error', reject);
    await promise;
    return agent;
  }

  constructor(socket: WebSocket) {
    this.#socket = socket;
    const { promise, resolve } = Promise.withResolvers<{ code: number; reason: string }>();
    this.closed = promise;
    socket.on('close', (code, reason) => resolve({ code, reason: reason.toString() }));
    socket.on('message', (data) => this.received.push(JSON.parse((data as Buffer).toString())));
  }

  send(message: unknown): void {
    this.#socket.send(typeof message === 'string' ? message : JSON.stringify(message));
  }

  async receive(type: string): Promise<Record<string, unknown>> {
    const find = (): Record<string, unknown> | undefined =>
      this.received.find((message) => message['type'] === type);
    await until(`a ${type}`, () => find() !== undefined);
    return find()!;
  }
}

t.test('T66: an agent two minor versions older is understood', async (t) => {
  const station = await startedStation(t);
  const agent = await RawAgent.connect(t, station.url, await station.token(null));
  agent.send({ type: 'hello', protocol: 1, fqdn: 'old.example', colour: 'grey' });
  t.match(await agent.receive('welcome'), { protocol: 1, heartbeat_ms: 1000 });
  const facts: ReportedFacts = { agent: 'an-old-one', memory_mib: 512, cpus: 1, version: '0.0.1' };
  agent.send({
    type: 'node-up',
    id: 1,
    fqdn: 'old.example',
    facts: { ...facts, load: [1, 2, 3] },
    since: 'yesterday',
  });
  t.match(await agent.receive('taken'), { id: 1 });
  agent.send({ type: 'heartbeat', mood: 'good' });
  t.match(await station.host('old.example'), {
    state: 'up',
    agent_version: '0.0.1',
    memory_mib: 512,
    address: '127.0.0.1',
    lnid: '127.0.0.1@tcp',
    interfaces: [],
  });
});

t.test('an agent that says its name twice, differently, is refused', async (t) => {
  const station = await startedStation(t);
  const agent = await RawAgent.connect(t, station.url, await station.token(null));
  agent.send({ type: 'hello', protocol: 1, fqdn: 'a.example' });
  await agent.receive('welcome');
  const facts: ReportedFacts = { agent: 'one', memory_mib: 512, cpus: 1 };
  agent.send({ type: 'node-up', id: 9, fqdn: 'b.example', facts });
  t.match(await agent.receive('refused'), { id: 9, code: 'identity-mismatch' });
  t.same(await station.hosts(), {});
});

t.test('a bad first word ends the connection with a reason, and only the connection', async (t) => {
  const station = await startedStation(t);
  const anyone = await station.token(null);
  const bound = await station.token(`${'b'.repeat(63)}.${'c'.repeat(63)}.example`);
  const long = `${'x'.repeat(63)}.${'y'.repeat(63)}.${'z'.repeat(63)}.example`;
  const { unsupportedProtocol, badMessage, notAllowed } = closeCodes;
  const hello = { type: 'hello', protocol: 1, fqdn: 'a.example' };
  const cases: [string, unknown, number, RegExp][] = [
    [anyone, { ...hello, protocol: 99 }, unsupportedProtocol, /99.*only 1 to 1/],
    [anyone, { ...hello, protocol: 0 }, unsupportedProtocol, /0.*only 1 to 1/],
    [anyone, { ...hello, fqdn: 'No Name' }, badMessage, /not a message/],
    [anyone, { type: 'heartbeat' }, badMessage, /hello/],
    [anyone, 'HELLO', badMessage, /not a message/],
    [anyone, '', badMessage, /not a message/],
    [bound, { ...hello, fqdn: long }, notAllowed, /token/],
  ];
  for (const [token, message, code, reason] of cases) {
    const agent = await RawAgent.connect(t, station.url, token);
    agent.send(message);
    t.match(await agent.closed, { code, reason }, JSON.stringify(message));
  }
  t.same(await station.hosts(), {}, 'the station is still there');
});
