/** Limits, over real connections: exactly as much is taken, one more is refused, and what is given back is free again. */

import { once } from 'node:events';
import { connect } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import t from 'tap';
import type { Test } from 'tap';
import { admissionPaces } from '../../src/api/admission.ts';
import type { AdmissionPaces } from '../../src/api/admission.ts';
import { connectionLimits } from '../../src/api/connections.ts';
import { EventRing, ringCharactersMax } from '../../src/api/event-ring.ts';
import { bodyBytesMax } from '../../src/api/server.ts';
import { agentMessageBytesMax } from '../../src/contract/agent-protocol.ts';
import { reportOfHostsBytesMax } from '../../src/contract/hosts.ts';
import { reportBytesMax } from '../../src/contract/owned.ts';
import { tokensMax } from '../../src/core/commands/issue-credential.ts';
import { instanceLengthMax } from '../../src/core/values/instance.ts';
import { host, openStation, reported, until } from '../station/harness.ts';
import type { Choices, InProcess, Json } from '../station/harness.ts';

interface Served extends InProcess {
  readonly port: number;
  /** A process and its token. */
  readonly process: { readonly fid: string; readonly token: string };
}

const serve = async (t: Test, choices: Choices = {}): Promise<Served> => {
  const opened = await openStation(t, choices);
  await opened.fill();
  const added = await opened.ask('POST', '/processes', { host, role: 'clovis-app' });
  const { fid } = added.body.processes.find(({ role }: Json) => role === 'clovis-app');
  const token = await opened.tokenOf('process', { process: fid });
  await opened.app.listen({ host: '127.0.0.1', port: 0 });
  const { port } = opened.app.server.address() as AddressInfo;
  return { ...opened, port, process: { fid, token } };
};

/** A connection, from an address of one's own. */
class Line {
  readonly socket: Socket;
  #said = '';
  readonly ended: Promise<unknown>;

  constructor(t: Test, port: number, from = '127.0.0.1') {
    this.socket = connect({ port, host: '127.0.0.1', localAddress: from });
    this.socket.on('error', () => undefined);
    this.socket.on('data', (data: Buffer) => (this.#said += data.toString()));
    this.ended = once(this.socket, 'close');
    t.teardown(() => this.socket.destroy());
  }

  get isOpen(): boolean {
    return !this.socket.closed;
  }

  /** Sends a request and gives the head and the body of its answer; '' where the connection ended. */
  async ask(request: string, headers: readonly string[] = [], body = ''): Promise<string> {
    this.#said = '';
    const all = ['host: station', ...headers];
    this.socket.write([`${request} HTTP/1.1`, ...all, '', body].join('\r\n'));
    await until('an answer', () => /\r\n\r\n[^]/.test(this.#said) || this.socket.closed);
    return this.#said;
  }

  whoami(token: string): Promise<string> {
    return this.ask('GET /api/v1/whoami', [`authorization: Bearer ${token}`]);
  }
}

const statusOf = (answer: string): string => /^HTTP\/1\.1 (\d+)/.exec(answer)?.[1] ?? 'ended';

t.test('a body of exactly its limit is taken, and one byte more is not', async (t) => {
  const { port, admin, process } = await serve(t);
  const { fid } = process;
  const send = (request: string, body: object, size: number): Promise<string> => {
    const text = JSON.stringify(body).padEnd(size);
    const headers = ['content-type: application/json', `content-length: ${text.length}`];
    const own = `authorization: Bearer ${admin}`;
    return new Line(t, port).ask(request, [...headers, own], text);
  };
  for (const [request, body, most, taken] of [
    [`PUT /api/v1/processes/${fid}/state`, { state: 'online' }, reportBytesMax, '200'],
    [`PUT /api/v1/processes/${fid}/lease`, { seconds: 60 }, reportBytesMax, '200'],
    [`PUT /api/v1/hosts/${host}/facts`, reported('10.0.0.3'), agentMessageBytesMax, '200'],
    [
      'POST /api/v1/facts',
      { hosts: [{ fqdn: host, facts: reported('10.0.0.3') }] },
      reportOfHostsBytesMax,
      '200',
    ],
    ['POST /api/v1/hosts', { fqdn: 'n1.example' }, bodyBytesMax, '201'],
  ] as const) {
    const refused = await send(request, body, most + 1);
    t.equal(statusOf(refused), '413', request);
    t.match(refused, /"code":"body-too-large"/, request);
    t.equal(statusOf(await send(request, body, most)), taken, `${request}: ${most} bytes`);
  }
});

t.test('headers that are too long end their connection', async (t) => {
  const { port } = await serve(t);
  const line = new Line(t, port);
  const answer = await line.ask('GET /healthz', [`x: ${'y'.repeat(16 * 1024)}`]);
  t.equal(statusOf(answer), '431');
  await line.ended;
  const long = await new Line(t, port).ask('GET /healthz', [`x: ${'y'.repeat(15 * 1024)}`]);
  t.equal(statusOf(long), '200');
});

t.test('the name of a run is as long as it may be, and no longer', async (t) => {
  const { ask, process } = await serve(t);
  const report = (length: number) =>
    ask('PUT', `/processes/${process.fid}/state`, {
      state: 'online',
      instance: 'i'.repeat(length),
    });
  t.match(await report(instanceLengthMax + 1), { status: 400, body: { field: 'instance' } });
  t.equal((await report(instanceLengthMax)).status, 200);
});

t.test('of connections in all there are so many, and one more for the own machine', async (t) => {
  const near = '127.0.0.9';
  const { port } = await serve(t, {
    server: { connections: { limits: { inAll: 3 }, isNear: (address) => address === near } },
  });
  const open = async (from?: string): Promise<{ line: Line; status: string }> => {
    const line = new Line(t, port, from);
    return { line, status: statusOf(await line.ask('GET /healthz')) };
  };
  const held = [await open(), await open(), await open()];
  t.same(
    held.map(({ status }) => status),
    ['200', '200', '200'],
  );
  t.equal((await open()).status, 'ended', 'one too many');
  t.equal((await open(near)).status, '200', 'but there is room for an operator at the station');
  for (const { line } of held) line.socket.end();
  await Promise.all(held.map(({ line }) => line.ended));
  await until('room', async () => (await open()).status === '200');
});

t.test('one address has its share of connections without a token', async (t) => {
  const near = '127.0.0.9';
  const { port, admin } = await serve(t, {
    server: {
      connections: { limits: { strangersOfAddress: 2 }, isNear: (address) => address === near },
    },
  });
  const silent = async (from: string): Promise<Line> => {
    const line = new Line(t, port, from);
    t.equal(statusOf(await line.ask('GET /healthz')), '200');
    return line;
  };
  const other = await silent('127.0.0.2');
  const own = await silent('127.0.0.3');
  const proven = await silent('127.0.0.3');
  t.equal(statusOf(await proven.whoami(admin)), '200');
  const next = await silent('127.0.0.3');
  t.ok(own.isOpen, 'one that has shown a token does not count');
  await silent('127.0.0.3');
  await own.ended;
  t.same(
    [proven, next, other].map(({ isOpen }) => isOpen),
    [true, true, true],
  );
  const ours = [await silent(near), await silent(near), await silent(near)];
  t.same(
    ours.map(({ isOpen }) => isOpen),
    [true, true, true],
    'the station’s own machine, where a proxy may be, has no such share',
  );
});

const memberOf = async ({ ask, tokenOf }: InProcess): Promise<string> => {
  await ask('POST', '/projects', { name: 'a' });
  return tokenOf('member', { projects: [{ name: 'a', role: 'viewer' }] });
};

t.test('a token has its share of connections, and one more is refused', async (t) => {
  const few = { process: 2, viewer: 3, operator: 4, member: 3, agent: 5, retired: 2 };
  const opened = await serve(t, {
    server: { connections: { limits: { ofToken: few, ofHost: 2 } } },
  });
  const { port, ask, tokenOf, station } = opened;
  const gone = 'gone.example';
  await ask('PUT', `/hosts/${gone}/facts`, reported('10.0.9.9'));
  const retired = await tokenOf('agent', { host: gone });
  await station.submit(
    { type: 'ReportNodeDown', fqdn: gone, reason: 'test' },
    { actor: 'station' },
    () => null,
  );
  t.equal((await ask('DELETE', `/hosts/${gone}`)).status, 200);
  for (const [whose, token, most, taken] of [
    ['a process', opened.process.token, few.process, '200'],
    ['a viewer', await tokenOf('viewer'), few.viewer, '200'],
    ['an operator', await tokenOf('operator'), few.operator, '200'],
    ['a member', await memberOf(opened), few.member, '200'],
    ['agents of any host', await tokenOf('agent'), few.agent, '200'],
    ['the agent of a host', await tokenOf('agent', { host }), 2, '200'],
    // It is good for the agents' socket only, and heard there.
    ['a host that was removed', retired, few.retired, '401'],
  ] as const) {
    const held: Line[] = [];
    const next = async (): Promise<string> => {
      held.push(new Line(t, port));
      return held.at(-1)!.whoami(token);
    };
    for (let i = 0; i < most; i += 1) t.equal(statusOf(await next()), taken, whose);
    const refused = await next();
    t.equal(statusOf(refused), '429', whose);
    t.match(refused, /"code":"too-many-requests"/, whose);
    t.match(refused, /^retry-after: \d+\r$/im, whose);
    held[0]!.socket.end();
    await held[0]!.ended;
    await until('room', async () => statusOf(await next()) === taken);
    for (const { socket } of held) socket.destroy();
  }
  t.same(Object.keys(few), Object.keys(connectionLimits.ofToken), 'every role with a share');
});

t.test('what comes at once has an end, for each who asks and for all', async (t) => {
  const few = { burst: 3, perSecond: 0.001 };
  const many = { burst: 1000, perSecond: 1000 };
  const asks: Readonly<
    Record<string, readonly [Partial<AdmissionPaces>, (opened: Served) => Promise<string[]>]>
  > = {
    'the token of a process': [
      { process: few },
      async ({ process }) => [process.token, process.token, process.token, process.token],
    ],
    'little of all processes': [
      { littleOfProcess: many, littleOfProcesses: few },
      async (opened) => tokensOf(opened, 4),
    ],
    'much of all processes': [
      { littleOfProcess: { burst: 0, perSecond: 0.001 }, muchOfProcesses: few },
      async (opened) => tokensOf(opened, 4),
    ],
    'the agent of one host': [
      { host: few },
      async ({ tokenOf }) => Array<string>(4).fill(await tokenOf('agent', { host })),
    ],
    'agents of any host': [
      { agents: few },
      async ({ tokenOf }) => Array<string>(4).fill(await tokenOf('agent')),
    ],
  };
  for (const [whose, [paces, tokensOfTest]] of Object.entries(asks)) {
    const opened = await serve(t, { server: { paces } });
    const [last, ...first] = (await tokensOfTest(opened)).toReversed();
    for (const token of first)
      t.equal(statusOf(await new Line(t, opened.port).whoami(token)), '200', whose);
    const refused = await new Line(t, opened.port).whoami(last!);
    t.equal(statusOf(refused), '429', whose);
    t.match(refused, /^retry-after: 5\r$/im, whose);
    t.equal(statusOf(await new Line(t, opened.port).whoami(opened.admin)), '200', 'others go on');
  }
  t.ok(admissionPaces.littleOfProcess.perSecond < admissionPaces.process.perSecond);
});

/** Tokens of so many processes. */
const tokensOf = async ({ ask, tokenOf }: InProcess, count: number): Promise<string[]> => {
  const tokens: string[] = [];
  while (tokens.length < count) {
    const { body } = await ask('POST', '/processes', { host, role: 'clovis-app' });
    tokens.push(await tokenOf('process', { process: body.processes.at(-1).fid }));
  }
  return tokens;
};

t.test('idempotency keys are remembered up to a number, of one token and of all', async (t) => {
  const { ask, tokenOf, station } = await openStation(t, { requests: { each: 3, inAll: 5 } });
  const [one, two, three] = await Promise.all([1, 2, 3].map(() => tokenOf('operator')));
  let hosts = 0;
  const add = (token: string, key: string) =>
    ask('POST', '/hosts', { fqdn: `n${(hosts += 1)}.example` }, { token, key });
  for (const key of ['a', 'b', 'c']) t.equal((await add(one!, key)).status, 201);
  const tooMany = { status: 429, body: { code: 'too-many-keys' } };
  const refused = await add(one!, 'd');
  t.match(refused, tooMany, 'one more of a token');
  t.ok(Number(refused.headers['retry-after']) > 0);
  for (const key of ['a', 'b']) t.equal((await add(two!, key)).status, 201);
  const inAll = await add(three!, 'a');
  t.match(inAll, tooMany, 'one more in all');
  t.ok(Number(inAll.headers['retry-after']) > 0);
  t.equal(station.graph.count('request'), 5);
  t.equal((await ask('POST', '/hosts', { fqdn: 'without.example' })).status, 201, 'without one');
});

t.test(
  'of tokens there are so many, and one that goes makes room',
  { timeout: 300_000 },
  async (t) => {
    const opened = await openStation(t);
    const { station, ask } = opened;
    const first = await ask('POST', '/tokens', { name: 'first', role: 'viewer' });
    const issue = (i: number) =>
      station.submit(
        {
          type: 'IssueCredential',
          id: `t${i}`,
          name: 'x',
          role: 'viewer',
          hash: i.toString(16).padStart(64, '0'),
          host: null,
          process: null,
          expires: 0,
        },
        { actor: 'station' },
        () => null,
      );
    const room = tokensMax - 1 - station.graph.count('credential');
    await Promise.all(Array.from({ length: room }, (_, i) => issue(i)));
    const token = { name: 'one more', role: 'viewer' };
    t.equal((await ask('POST', '/tokens', token)).status, 201, 'the last that there is room for');
    t.match(await ask('POST', '/tokens', token), {
      status: 409,
      body: { code: 'too-many-tokens', detail: /revoke/ },
    });
    t.ok(await station.access.adminToken('lost'), 'whoever runs the station gets one all the same');
    t.equal((await ask('DELETE', `/tokens/${first.body.id}`)).status, 200);
    t.equal((await ask('POST', '/tokens', token)).status, 409, 'there was one beyond');
    t.equal((await ask('DELETE', '/tokens/t0')).status, 200);
    t.equal((await ask('POST', '/tokens', token)).status, 201);
    await opened.fill();
    const added = await ask('POST', '/processes', { host, role: 'clovis-app' });
    t.equal(added.status, 201, 'processes have one each besides');
  },
);

t.test('so many characters of events are kept at hand, the latest', async (t) => {
  const ring = new EventRing(() => []);
  const reason = 'x'.repeat(1024 * 1024);
  const commit = (revision: number) =>
    ({
      revision,
      at: 0,
      actor: 'station',
      correlation: 'c',
      events: [{ type: 'NodeDown', v: 1, data: { fqdn: 'a.example', reason } }],
    }) as never;
  const most = Math.floor(ringCharactersMax / reason.length) - 1;
  for (let i = 1; i <= most; i += 1) ring.push(commit(i));
  t.ok(ring.of(1 as never));
  ring.push(commit(most + 1));
  t.equal(ring.of(1 as never), undefined);
  t.ok(ring.of(2 as never));
  t.ok(ring.of((most + 1) as never));
});
