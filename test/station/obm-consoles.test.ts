/** Consoles through the station, on a running OBM daemon: whoever may be there is let in, and out with his right. */

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import type { Test } from 'tap';
import { connectionsOfMachineMax } from '../../src/core/values/consoles.ts';
import { systemTime } from '../../src/station/time.ts';
import { ConsoleViewer, refusalOf } from '../obm/console-viewer.ts';
import { SerialMachine } from '../obm/serial-machine.ts';
import { host, until } from './harness.ts';
import type { Answer, Asked } from './harness.ts';
import { Bench, other } from './obm-bench.ts';

/** Of every bench here. */
const daemon = await Bench.daemon(t);

const open = (bench: Bench, body: object = {}, asked: Asked = {}, fqdn = host): Promise<Answer> =>
  bench.station.ask('POST', `/hosts/${fqdn}/obm/console`, body, asked);

const connections = async (bench: Bench, asked: Asked = {}): Promise<Record<string, unknown>[]> => {
  const path = `/hosts/${host}/obm/console/connections`;
  const { body } = await bench.station.ask('GET', path, undefined, asked);
  return body.connections as Record<string, unknown>[];
};

/** Attached by what the station answered. */
const attach = async (bench: Bench, { body }: Answer): Promise<ConsoleViewer> => {
  const { pathname, search } = new URL(body.url as string);
  const viewer = new ConsoleViewer(bench.daemon, pathname + search);
  await until('it is attached', () => viewer.has('mark') !== undefined);
  return viewer;
};

/** A machine that is lent to a project, whose OBM is enabled. */
const set = async (t: Test): Promise<{ bench: Bench; machine: SerialMachine }> => {
  const machine = await SerialMachine.start(t);
  const bench = await Bench.set(t, { daemon });
  const { ask } = bench.station;
  await ask('POST', '/projects', { name: 'climate' });
  await ask('POST', '/projects/climate/attach', { hosts: [host] });
  await bench.register({ info: { addr: machine.addr } });
  await bench.turn('enable');
  return { bench, machine };
};

/** The id of a token, and the token itself. */
const member = async (
  { station: { ask } }: Bench,
  role: 'operator' | 'viewer',
  more: object = {},
): Promise<{ id: string; token: string }> => {
  const projects = [{ name: 'climate', role }];
  const { body } = await ask('POST', '/tokens', { name: role, role: 'member', projects, ...more });
  return body as { id: string; token: string };
};

t.test(
  '14, 23, 68: whoever may be at a console is let in once, by a ticket that nobody keeps',
  async (t) => {
    const { bench, machine } = await set(t);
    const { station } = bench;
    const opened = await open(bench);
    t.match(opened, {
      status: 201,
      headers: { 'cache-control': 'no-store', 'referrer-policy': 'no-referrer' },
      body: { host, mode: 'read-write', purpose: 'console', ca: null },
    });
    const { id, url } = opened.body as { id: string; url: string };
    t.ok(url.startsWith(`${bench.proxy.url}/v2/obms/${host}/console?ticket=`));
    const viewer = await attach(bench, opened);
    viewer.ask({ type: 'request-writer' });
    await viewer.hears('role');
    viewer.type('ls\r');
    await until('it is typed', () => machine.typed.includes('ls\r'));
    const [connection] = await connections(bench);
    t.match(connection, { id, name: 'bootstrap', mode: 'read-write', connected: { source: /./ } });
    const principal = `bootstrap token:${connection!['token'] as string}`;
    t.match(viewer.has('hello'), { principal });
    await until('the log says who is there', async () => {
      const { body } = await station.ask('GET', '/events?type=ObmConsoleAttached');
      const told = body.events as { data: object }[];
      return told.some(({ data }) => 'principal' in data && data.principal === principal);
    });
    const { pathname, search } = new URL(url);
    t.equal(await refusalOf(bench.daemon, pathname + search, {}), 401, 'not twice');

    const events = await station.ask('GET', '/events?type=ConsoleConnectionMade');
    t.match(events.body.events, [
      { actor: /^token:/, data: { fqdn: host, id, mode: 'read-write', purpose: 'console' } },
    ]);
    const kept = readdirSync(station.directory, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ parentPath, name }) => readFileSync(join(parentPath, name), 'latin1'));
    const ticket = new URL(url).searchParams.get('ticket')!;
    for (const text of [
      ...kept,
      ...station.logged,
      events.text,
      JSON.stringify(await connections(bench)),
    ])
      t.notOk(text.includes(ticket), 'the ticket is nowhere');
    await viewer.leave();
  },
);

t.test('a console is asked for by HIL’s show_console', async (t) => {
  const { bench, machine } = await set(t);
  const answer = await bench.station.ask('GET', `/hosts/${host}/obm/console`);
  t.match(answer, {
    status: 303,
    text: '',
    headers: { 'cache-control': 'no-store', 'referrer-policy': 'no-referrer' },
  });
  const stream = await fetch(answer.headers.location!.replace(bench.proxy.url, bench.daemon.url));
  t.equal(stream.status, 200);
  const reader = stream.body!.getReader();
  await until('the console', () => machine.isConnected);
  machine.say('login: ');
  let seen = '';
  while (!seen.includes('login: '))
    seen += Buffer.from((await reader.read()).value ?? []).toString('latin1');
  t.match(await connections(bench), [{ mode: 'read-only' }]);
  await reader.cancel();
});

t.test('3: nobody is let in to the console of an OBM that is disabled', async (t) => {
  const bench = await Bench.set(t, { daemon });
  const show = (): Promise<Answer> => bench.station.ask('GET', `/hosts/${host}/obm/console`);
  t.match(await open(bench), { status: 404, body: { code: 'obm-not-registered' } });
  await bench.register();
  const calls = bench.proxy.calls.length;
  t.match(await open(bench), { status: 409, body: { code: 'obm-disabled' } });
  t.match(await show(), { status: 409, body: { code: 'obm-disabled' } });
  t.same(await connections(bench), []);
  t.equal(bench.proxy.calls.length, calls, 'its daemon is not asked');
  await bench.turn('enable');
  t.match(await open(bench), { status: 201 });
  await bench.turn('disable');
  t.match(await open(bench), { status: 409 });
});

t.test(
  '9, 22: members are at the consoles of their machines, as their role is, and at no other',
  async (t) => {
    const { bench, machine } = await set(t);
    const { ask } = bench.station;
    await bench.register({}, other);
    await bench.turn('enable', other);
    const [operator, viewer] = [await member(bench, 'operator'), await member(bench, 'viewer')];
    const typing = await open(bench, {}, operator);
    t.match(typing.body, { mode: 'read-write' });
    t.match((await open(bench, { mode: 'read-only' }, operator)).body, { mode: 'read-only' });
    const looking = await open(bench, {}, viewer);
    t.match(looking.body, { mode: 'read-only' });
    t.match(await open(bench, { mode: 'read-write' }, viewer), {
      status: 403,
      body: { code: 'forbidden' },
    });
    const onlooker = await attach(bench, looking);
    onlooker.ask({ type: 'request-writer' });
    await onlooker.hears('refused', ({ code }) => code === 'privilege');
    await until('the console', () => machine.isConnected);
    machine.say('hello\r\n');
    await until('he sees it', () => onlooker.text.includes('hello'));
    const none = await open(bench, {}, operator, 'no.such.example');
    for (const { token } of [operator, viewer]) {
      const hidden = await open(bench, {}, { token }, other);
      t.match(hidden, { status: 404, body: { code: 'unknown-host' } });
      t.equal(hidden.body.detail, none.body.detail.replace('no.such.example', other));
      for (const path of ['console', 'console/connections'])
        t.match(await ask('GET', `/hosts/${other}/obm/${path}`, undefined, { token }), {
          status: 404,
        });
    }
    t.same((await connections(bench, viewer)).length, 1, 'his own');
    t.same((await connections(bench, operator)).length, 3, 'all of the machine');

    const revoke = (id: string, asked: Asked): Promise<Answer> =>
      ask('DELETE', `/hosts/${host}/obm/console/connections/${id}`, undefined, asked);
    t.match(await revoke(typing.body.id, viewer), { status: 200, body: { changed: false } });
    t.equal((await connections(bench, operator)).length, 3, 'another one’s is nothing for him');
    t.match(await revoke(looking.body.id, operator), { status: 200, body: { changed: true } });
    t.match(await onlooker.closed, { code: 4401 });
    t.match(await revoke(looking.body.id, operator), { status: 200, body: { changed: false } });
    const events = await ask('GET', '/events?type=ConsoleConnectionEnded', undefined, operator);
    t.match(events.body.events, [
      { actor: `token:${operator.id}`, data: { id: looking.body.id, why: 'revoked' } },
    ]);
  },
);

t.test('10: whoever loses his right is out, and nobody has to ask for it', async (t) => {
  const { bench } = await set(t);
  const { ask } = bench.station;
  const places = (id: string): string => `/projects/climate/members/${id}`;
  const ends: Record<string, (id: string) => Promise<Answer>> = {
    'he is in the project no more': (id) => ask('DELETE', places(id)),
    'he may only look': (id) => ask('PUT', places(id), { role: 'viewer' }),
    'his token is revoked': (id) => ask('DELETE', `/tokens/${id}`),
  };
  for (const [why, end] of Object.entries(ends)) {
    const { id, token } = await member(bench, 'operator');
    const typing = await attach(bench, await open(bench, {}, { token }));
    const waiting = await open(bench, { mode: 'read-write' }, { token });
    t.match(await end(id), { status: 200 }, why);
    t.match(await typing.closed, { code: 4401 }, why);
    await until('the log has it', async () => (await connections(bench)).length === 0);
    const { pathname, search } = new URL(waiting.body.url as string);
    t.equal(await refusalOf(bench.daemon, pathname + search, {}), 401, `${why}: nor comes later`);
  }
  const { body } = await ask('GET', '/events?type=ConsoleConnectionEnded');
  const whys = (body.events as { data: { why: string } }[]).map(({ data }) => data.why);
  t.same(new Set(whys), new Set(['right-ended']));

  const { id, token } = await member(bench, 'operator');
  const looking = await attach(bench, await open(bench, { mode: 'read-only' }, { token }));
  await ask('PUT', places(id), { role: 'viewer' });
  await ask('PUT', places(id), { role: 'operator' });
  t.equal(looking.socket.readyState, looking.socket.OPEN, 'who may still look stays');
  for (const verb of ['reissue', 'disable'] as const) {
    const viewer = verb === 'reissue' ? looking : await attach(bench, await open(bench));
    await bench.turn(verb);
    t.match(await viewer.closed, { code: 4401 }, verb);
    t.same(await connections(bench), []);
  }
  t.match(await ask('POST', '/projects/climate/detach', { hosts: [host] }), { status: 200 });
});

t.test(
  '10: a connection ends with the token that it is for, whoever is there to end it',
  async (t) => {
    const { bench } = await set(t);
    const { token } = await member(bench, 'operator', { expires_in: 20 });
    const opened = await open(bench, {}, { token });
    const viewer = await attach(bench, opened);
    await bench.station.close();
    t.match(await viewer.closed, { code: 4401 });
  },
);

t.test('10: where the daemon cannot be asked, it is asked until it has said so', async (t) => {
  const { bench } = await set(t);
  const { ask } = bench.station;
  const { id, token } = await member(bench, 'operator');
  const viewer = await attach(bench, await open(bench, {}, { token }));
  let cuts = 0;
  bench.proxy.cuts = (call, when) =>
    call === 'DELETE connection' && when === 'before' && (cuts += 1) <= 2;
  await ask('DELETE', `/projects/climate/members/${id}`);
  t.match(await viewer.closed, { code: 4401 });
  t.equal(cuts, 3);
  t.match(bench.station.logged.filter((line) => line.includes('not shut yet')).length, 1);
});

t.test('10: whoever was let in to many consoles is out of all', async (t) => {
  const { bench } = await set(t);
  const { ask, tokenOf } = bench.station;
  await bench.register({}, other);
  await bench.turn('enable', other);
  const token = await tokenOf('operator');
  for (let i = 0; i < 12; i += 1)
    for (const fqdn of [host, other])
      t.match(await open(bench, {}, { token }, fqdn), { status: 201 });
  const there = async (): Promise<unknown[]> => {
    const { text } = await bench.daemon.asAdmin('GET', '/v2/console-connections');
    return (JSON.parse(text) as { connections: unknown[] }).connections;
  };
  t.equal((await there()).length, 24);
  const { body } = await ask('GET', '/whoami', undefined, { token });
  await ask('DELETE', `/tokens/${body.id as string}`);
  await until('all are shut', async () => (await there()).length === 0);
  const { graph } = bench.station.station;
  await until('the log has it', () => graph.count('connection') === 0);
});

t.test('33: who loses his right while he is let in is not', async (t) => {
  const { bench } = await set(t);
  const { ask } = bench.station;
  const { id, token } = await member(bench, 'operator');
  bench.proxy.cuts = async (call, when) => {
    if (call === 'POST connection' && when === 'after')
      await ask('DELETE', `/projects/climate/members/${id}`);
    return false;
  };
  t.match(await open(bench, {}, { token }), { status: 404, body: { code: 'unknown-host' } });
  const { text } = await bench.daemon.asAdmin('GET', '/v2/console-connections');
  t.same(JSON.parse(text), { connections: [] });
});

t.test('33: a connection of which nobody was told is nobody’s, and makes room', async (t) => {
  const { bench } = await set(t);
  let isLost = true;
  bench.proxy.cuts = (call, when) => isLost && call === 'POST connection' && when === 'after';
  t.match(await open(bench), { status: 502, body: { code: 'obmd-away' } });
  t.same(await connections(bench), []);
  isLost = false;
  for (let i = 0; i < connectionsOfMachineMax; i += 1)
    t.match(await open(bench), { status: 201 }, `${i}`);
  t.match(await open(bench), { status: 409, body: { code: 'too-many-connections' } });
  const [first] = await connections(bench);
  await bench.station.ask(
    'DELETE',
    `/hosts/${host}/obm/console/connections/${first!['id'] as string}`,
  );
  const viewer = await attach(bench, await open(bench));
  await viewer.leave();
  await until('whoever left makes room', async () => (await open(bench)).status === 201);
});

t.test('whoever read a log and was killed makes room, and whoever reads does not', async (t) => {
  const clock = { ahead: 0 };
  const time = { ...systemTime, now: () => Date.now() + clock.ahead };
  const machine = await SerialMachine.start(t);
  const bench = await Bench.set(t, { isLogged: true, station: { time } });
  await bench.register({ info: { addr: machine.addr } });
  await bench.turn('enable');
  const follow = async (): Promise<AbortController> => {
    const stop = new AbortController();
    t.teardown(() => stop.abort());
    const { body } = await open(bench, { purpose: 'log' });
    // Not through the proxy, which waits for the end of each answer.
    const { pathname, search } = new URL(body.url as string);
    const url = `${bench.daemon.url}${pathname}${search}&follow=true`;
    const { status } = await fetch(url, { signal: stop.signal });
    t.equal(status, 200);
    return stop;
  };
  await follow();
  const [reading] = await connections(bench);
  for (let i = 1; i < connectionsOfMachineMax; i += 1) (await follow()).abort();
  t.match(await open(bench), { status: 409, body: { code: 'too-many-connections' } });
  clock.ahead = 61_000;
  await until('they make room', async () => (await open(bench)).status === 201);
  const left = await connections(bench);
  t.equal(left.length, 2);
  t.ok(left.some(({ id }) => id === reading!['id']));
});

t.test('of a dry run, and of what is wrong, the daemon hears nothing', async (t) => {
  const { bench } = await set(t);
  const { ask } = bench.station;
  const calls = bench.proxy.calls.length;
  t.match(await ask('POST', `/hosts/${host}/obm/console?dry_run=true`, {}), {
    status: 200,
    body: { dry_run: true, events: [{ type: 'ConsoleConnectionMade' }] },
  });
  for (const body of [{ mode: 'all' }, { lasts: 0 }, { lasts: 86_401 }, { purpose: 'x' }, { a: 1 }])
    t.match(await open(bench, body), { status: 400 }, JSON.stringify(body));
  t.match(await open(bench, {}, { key: 'twice' }), {
    status: 400,
    body: { field: 'idempotency-key' },
  });
  t.match(await open(bench, {}, { headers: { 'if-match': '"1"' } }), { status: 412 });
  for (const id of ['short', 'a/b', 'x'.repeat(65)])
    t.not((await ask('DELETE', `/hosts/${host}/obm/console/connections/${id}`)).status, 200);
  t.equal(bench.proxy.calls.length, calls);
});
