/** The output of processes from the station's side: agents of other versions, and limits. */

import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import t from 'tap';
import type { Test } from 'tap';
import { WebSocket } from 'ws';
import { viewersMax } from '../../src/api/output-streams.ts';
import { createClient } from '../../src/client/client.ts';
import type { Client } from '../../src/client/client.ts';
import { closeCodes } from '../../src/contract/agent-protocol.ts';
import { awakeClock } from '../station/awake.ts';
import { bodyOf, openStation, reported, until } from '../station/harness.ts';
import type { Answer, InProcess, Json } from '../station/harness.ts';

const fqdn = 'a.example';
const roles = `
- role: worker
  processes:
    - { name: worker, endpoint: '{{ lnid }}:12345:41:1', command: [sleep, '1'] }
`;

/** An agent played by hand; what it says of output is the test's choice. */
class Agent {
  readonly said: Json[] = [];
  closed: number | null = null;
  readonly socket: WebSocket;

  constructor(t: Test, port: number, token: string) {
    this.socket = new WebSocket(`ws://127.0.0.1:${port}/api/v1/agent`, {
      headers: { authorization: `Bearer ${token}` },
    });
    this.socket.on('message', (data: Buffer) => this.said.push(JSON.parse(data.toString())));
    this.socket.on('close', (code) => (this.closed = code));
    t.teardown(() => this.socket.terminate());
  }

  send(message: object): void {
    this.socket.send(JSON.stringify(message));
  }

  async hears(type: string, count = 1): Promise<Json> {
    return until(type, () => this.said.filter((one) => one.type === type)[count - 1]);
  }

  async up(minor: number | null): Promise<void> {
    if (this.socket.readyState === WebSocket.CONNECTING) await once(this.socket, 'open');
    this.send({ type: 'hello', protocol: 1, fqdn, ...(minor === null ? {} : { minor }) });
    this.send({ type: 'node-up', id: 1, fqdn, facts: reported('10.0.0.9') });
    await this.hears('taken');
  }
}

interface Played {
  readonly opened: InProcess;
  readonly agent: Agent;
  readonly client: Client;
  readonly fid: string;
  readonly url: string;
  readonly headers: Record<string, string>;
}

const played = async (t: Test, minor: number | null = 1): Promise<Played> => {
  const opened = await openStation(t);
  await opened.ask('POST', '/load', bodyOf('cluster: test\nhosts: []', roles));
  await opened.app.listen({ host: '127.0.0.1', port: 0 });
  // A client that has left may hold a connection open for what it may ask next.
  t.teardown(() => opened.app.server.closeAllConnections());
  const { port } = opened.app.server.address() as AddressInfo;
  const agent = new Agent(t, port, await opened.tokenOf('agent'));
  await agent.up(minor);
  const token = await opened.tokenOf('operator');
  const client = createClient({ station: `http://127.0.0.1:${port}`, token, busyMs: 0 });
  const added = await client.addProcess({ host: fqdn, role: 'worker' });
  const { fid } = added.processes[0]!;
  const url = `http://127.0.0.1:${port}/api/v1/processes/${fid}/output`;
  return { opened, agent, client, fid, url, headers: { authorization: `Bearer ${token}` } };
};

const piece = (id: number, text: string): object => ({
  type: 'output',
  id,
  channel: 'stdout',
  data: Buffer.from(text).toString('base64'),
});

t.test('an agent that is too old is not asked, and the user is told', async (t) => {
  const { agent, client, fid } = await played(t, null);
  await t.rejects(client.readOutput(fid).next(), {
    code: 'agent-too-old',
    message: /install this release there/,
  });
  t.notOk(agent.said.some(({ type }) => type === 'output-open'));
});

t.test('pieces are asked for one by one, and leaving closes the source', async (t) => {
  const { agent, client, fid } = await played(t);
  const output = client.readOutput(fid, { follow: true, lines: 7, stream: 'stdout' });
  const first = output.next();
  const open = await agent.hears('output-open');
  t.match(open, { fid, lines: 7, follow: true, channels: ['stdout'] });
  agent.send(piece(open.id, ''));
  await agent.hears('output-next');
  agent.send(piece(open.id, 'one'));
  t.match(await first, { value: { stream: 'stdout', data: Buffer.from('one') } });
  await agent.hears('output-next', 2);
  t.notOk(agent.said.some(({ type }) => type === 'output-close'));
  await output.return(undefined);
  t.match(await agent.hears('output-close'), { id: open.id });
});

t.test('an agent that says what nobody asked for is sent away', async (t) => {
  const { agent, client, fid } = await played(t);
  const output = client.readOutput(fid, { follow: true });
  const first = output.next();
  const { id } = await agent.hears('output-open');
  agent.send(piece(id, ''));
  await agent.hears('output-next');
  agent.send(piece(id, 'one'));
  await first;
  await agent.hears('output-next', 2);
  agent.send(piece(id, 'two'));
  agent.send(piece(id, 'three'));
  agent.send(piece(id, 'four'));
  t.equal(await until('the end', () => agent.closed), closeCodes.badMessage);
});

t.test('what an agent refuses is an error before anything is streamed', async (t) => {
  const { agent, client, fid } = await played(t);
  for (const [n, [code, expected, status]] of [
    ['unreadable', 'output-unreadable', 409] as const,
    ['busy', 'too-many-viewers', 503] as const,
  ].entries()) {
    const first = client.readOutput(fid).next();
    const { id } = await agent.hears('output-open', n + 1);
    agent.send({ type: 'output-end', id, code, message: 'because' });
    await t.rejects(first, { code: expected, status, message: 'because' });
  }
});

t.test('a stream whose token is revoked, or whose agent is lost, ends with a word', async (t) => {
  const { opened, agent, client, fid, url, headers } = await played(t);
  const plain = fetch(url, { headers: { ...headers, accept: 'text/plain' } });
  const gone = client.readOutput(fid, { follow: true });
  const first = gone.next();
  for (const n of [1, 2]) agent.send(piece((await agent.hears('output-open', n)).id, ''));
  await agent.hears('output-next', 2);
  const [one, two] = agent.said.filter(({ type }) => type === 'output-open');
  for (const { id } of [one, two]) agent.send(piece(id, 'some'));
  await first;
  agent.socket.terminate();
  await t.rejects(gone.next(), { name: 'OutputBroken', code: 'gone' });
  await t.rejects((await plain).text(), /terminated/, 'plain text cannot tell: it breaks off');
  t.equal(
    (
      (await client
        .readOutput(fid)
        .next()
        .catch((error: Error) => error)) as never
    )['code'],
    'agent-away',
  );
  t.ok(opened.station.agents.connected === 0);
});

t.test('10: output that nobody writes ends when the machine, or the token, is lost', async (t) => {
  const { opened, agent, url } = await played(t);
  const { ask, tokenOf } = opened;
  const clock = awakeClock(t);
  await ask('POST', '/projects', { name: 'a' });
  const losses: Readonly<Record<string, (id: string) => Promise<Answer>>> = {
    'its machine is taken back': () => ask('POST', '/projects/a/detach', { hosts: [fqdn] }),
    'it is taken out of the project': (id) => ask('DELETE', `/projects/a/members/${id}`),
    'it is a viewer there': (id) => ask('PUT', `/projects/a/members/${id}`, { role: 'viewer' }),
    'it is revoked': (id) => ask('DELETE', `/tokens/${id}`),
  };
  for (const [i, [what, lose]] of Object.entries(losses).entries()) {
    await ask('POST', '/projects/a/attach', { hosts: [fqdn] });
    const token = await tokenOf('member', { projects: [{ name: 'a', role: 'operator' }] });
    const answer = fetch(`${url}?follow=true`, { headers: { authorization: `Bearer ${token}` } });
    const { id } = await agent.hears('output-open', i + 1);
    agent.send(piece(id, ''));
    const text = (await answer).text();
    t.equal((await lose(token.split('_')[1]!)).status, 200);
    const lost = clock();
    t.match(await text, /"end":"revoked"/, what);
    t.ok(clock() - lost < 1000, `within a second after ${what}`);
    await until('the agent to hear of it', () =>
      agent.said.some(({ type, id: of }) => type === 'output-close' && of === id),
    );
  }
});

t.test('a viewer too many is refused, and has room when another goes', async (t) => {
  const { agent, url, headers } = await played(t);
  agent.socket.on('message', (data: Buffer) => {
    const { type, id } = JSON.parse(data.toString());
    if (type === 'output-open') agent.send(piece(id, ''));
  });
  const leave = new AbortController();
  const view = async (signal?: AbortSignal): Promise<Response> =>
    fetch(`${url}?follow=true`, { headers, ...(signal ? { signal } : {}) });
  const views = await Promise.all(Array.from({ length: viewersMax }, () => view(leave.signal)));
  t.same([...new Set(views.map(({ status }) => status))], [200]);
  const refused = await view();
  t.equal(refused.status, 503);
  t.match(await refused.json(), { code: 'too-many-viewers' });
  leave.abort();
  await agent.hears('output-close', viewersMax);
  const again = new AbortController();
  t.equal((await view(again.signal)).status, 200);
  again.abort();
});

t.test('a station that stops says so to viewers', async (t) => {
  const { opened, agent, client, fid } = await played(t);
  const output = client.readOutput(fid, { follow: true });
  const first = output.next();
  const { id } = await agent.hears('output-open');
  agent.send(piece(id, ''));
  await agent.hears('output-next');
  agent.send(piece(id, 'some'));
  await first;
  const end = t.rejects(output.next(), { name: 'OutputBroken', code: 'station' });
  await opened.app.close();
  await end;
});
