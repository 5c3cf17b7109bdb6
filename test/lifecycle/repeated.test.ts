/** Orders that are given twice, looked at again, or cut off: whoever asks hears of their end. */

import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import t from 'tap';
import type { Test } from 'tap';
import { shell } from '../cli/station.ts';
import type { Ran } from '../cli/station.ts';
import { Cluster, kill, patientVars, until } from './cluster.ts';

// What ignores SIGTERM stays until the test ends it.
const cluster = await Cluster.open(t, 2, { ...patientVars, process_stop_timeout: 3600 });
const [first, second] = cluster.hosts as [string, string];
t.afterEach(() => cluster.clear(endAll));

const endAll = (): void => {
  for (const { pid } of cluster.runs()) kill(pid);
};

interface Answer {
  readonly status: number;
  readonly location: string | null;
  readonly body: { id: number; kind: string; subject: string; state: string; total: number };
}

const ask = async (method: string, path: string, body?: unknown): Promise<Answer> => {
  const answer = await fetch(`${cluster.url}/api/v1${path}`, {
    method,
    headers: {
      authorization: `Bearer ${cluster.token}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const { status, headers } = answer;
  return { status, location: headers.get('location'), body: (await answer.json()) as never };
};

/** What does not change of an answer while the work goes on. */
const same = ({ status, location, body }: Answer): Answer => {
  const { id, kind, subject, state, total } = body;
  return { status, location, body: { id, kind, subject, state, total } };
};

/** Processes that run and ignore SIGTERM. */
const stubborn = async (host: string, count = 1): Promise<string[]> => {
  const fids = await cluster.add(host, 'stubborn', count);
  for (const fid of fids) {
    await cluster.start(fid);
    await until('it ignores SIGTERM', () => cluster.runs(fid).length === 2);
  }
  return fids;
};

const nodeOf = async (host: string): Promise<string> => (await cluster.host(host))!.node!;

/** Passes connections on to the station, and tells what is asked through it. */
const relay = async (): Promise<{ url: string; asked: () => string; close: () => void }> => {
  let asked = '';
  const server = createServer((socket) => {
    const { hostname, port } = new URL(cluster.url);
    const onward = connect(Number(port), hostname);
    socket.on('data', (bytes: Buffer) => (asked += bytes.toString('latin1')));
    socket.pipe(onward).pipe(socket);
    for (const one of [socket, onward])
      one.on('error', () => undefined).on('close', () => [socket, onward].map((s) => s.destroy()));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  const close = (): void => void server.close();
  return { url: `http://127.0.0.1:${port}`, asked: () => asked, close };
};

/** Starts halctl, and goes on when it waits for an operation; what it comes to is given. */
const waiting = async (t: Test, line: string): Promise<{ end: Promise<Ran> }> => {
  const { url, asked, close } = await relay();
  t.teardown(close);
  const env = { ...cluster.environment(), HALCYON_STATION: url };
  const end = shell(`halctl ${line}`, cluster.folder, env);
  await until('it waits', () => /^prefer: wait=[1-9]/im.test(asked()));
  return { end };
};

t.test('a removal that is repeated while under way follows the one under way', async (t) => {
  for (const [kind, removeWith] of [
    ['process', 'cluster process remove'],
    ['node', 'cluster node remove'],
    ['host', 'system node remove'],
  ] as const) {
    const [fid] = (await stubborn(second)) as [string];
    const node = await nodeOf(second);
    const path = { process: `/processes/${fid}`, node: `/nodes/${node}`, host: `/hosts/${second}` };
    const subject = { process: fid, node, host: second }[kind];
    const begun = await ask('DELETE', path[kind]);
    t.match(begun, { status: 202, body: { kind: 'remove', subject, state: 'running' } }, kind);
    t.equal(begun.location, `/api/v1/operations/${begun.body.id}`);
    t.match(await ask('DELETE', path[kind]), same(begun), 'the same');
    t.match(await ask('DELETE', path[kind]), same(begun), 'however often');
    t.match((await ask('GET', begun.location!.slice(7))).body, same(begun).body);

    const target = kind === 'process' ? fid : second;
    const unwaited = await cluster.halctl(`${removeWith} ${target} --no-wait`);
    t.match(unwaited, { code: 0, out: `Operation ${begun.body.id} goes on` });
    t.match(unwaited.out, `halctl operation ${begun.body.id}`);
    const lines = [`${removeWith} ${target}`, `operation ${begun.body.id}`];
    const waits = await Promise.all(lines.map((line) => waiting(t, line)));
    endAll();
    for (const { code, out, err } of await Promise.all(waits.map(({ end }) => end)))
      t.match({ code, out }, { code: 0, out: `Removed ${subject}.` }, `${kind}: ${err}`);
    t.equal(await cluster.find(fid), undefined);
    if (kind !== 'process') t.notOk((await cluster.host(second))?.node, 'no node is left');
    if (kind !== 'host') continue;
    await cluster.killAgent(second);
    cluster.dropToken(second);
    await cluster.startAgent(second);
  }
});

t.test('what leaves with others, and is removed by itself, has an end of its own', async (t) => {
  const [fid, other] = (await stubborn(first, 2)) as [string, string];
  const node = await nodeOf(first);
  const all = await ask('DELETE', `/nodes/${node}`);
  const one = await ask('DELETE', `/processes/${fid}`);
  t.match(one, { status: 202, body: { subject: fid, state: 'running', total: 1 } });
  t.match(await ask('DELETE', `/processes/${fid}`), same(one));
  t.match(await ask('DELETE', `/nodes/${node}`), same(all), 'that of the node is still the same');
  t.match(await ask('DELETE', `/hosts/${first}`), { status: 202, body: { subject: first } });

  for (const { pid } of cluster.runs(fid)) kill(pid);
  const gone = await cluster.halctl(`operation ${one.body.id}`);
  t.match(gone, { code: 0, out: `Removed ${fid}.` });
  t.ok(await cluster.find(other));
  endAll();
  await until('the host is gone', async () => (await cluster.host(first)) === undefined);
  await cluster.killAgent(first);
  cluster.dropToken(first);
  await cluster.startAgent(first);
});

t.test('a stop of what is leaving waits until it runs no more', async (t) => {
  const [fid] = (await stubborn(first)) as [string];
  await ask('DELETE', `/processes/${fid}`);
  const stop = await ask('POST', `/processes/${fid}/stop`);
  t.match(stop, { status: 202, body: { kind: 'stop', subject: fid, state: 'running' } });
  const ofNode = await ask('POST', `/nodes/${await nodeOf(first)}/stop`);
  t.match(ofNode, { status: 202, body: { kind: 'stop', state: 'running', total: 1 } });
  t.match(await ask('DELETE', `/processes/${fid}`), { status: 202, body: { kind: 'remove' } });
  endAll();
  const end = await cluster.halctl(`operation ${stop.body.id}`);
  t.equal(end.code, 0, end.err);
  t.equal(await cluster.find(fid), undefined);
});

t.test('scaling waits until those that are too many are gone', async (t) => {
  await stubborn(first, 3);
  const scale = `/hosts/${first}/scale`;
  const to = (count: number): object => ({ role: 'stubborn', to: count });
  t.match(await ask('POST', scale, to(3)), { status: 200, body: { kind: 'none', changed: false } });
  const begun = await ask('POST', scale, to(2));
  t.match(begun, { status: 202, body: { state: 'running', total: 1, changed: true } });
  const again = await ask('POST', scale, to(2));
  t.match(again, { status: 202, location: begun.location, body: { changed: false } });
  const more = await ask('POST', scale, to(1));
  t.match(more, { status: 202, body: { state: 'running', total: 2 } }, 'with those from before');

  const line = `cluster process scale --host ${first} --role stubborn --to 1`;
  const unwaited = await cluster.halctl(`${line} --no-wait`);
  t.match(unwaited, { code: 0, out: `${first} is going to have 1 of stubborn.` });
  t.match(unwaited.out, `Operation ${more.body.id} goes on`);
  const { end } = await waiting(t, line);
  const leaving = (await cluster.processes()).slice(1).map(({ fid }) => fid);
  for (const fid of leaving) for (const { pid } of cluster.runs(fid)) kill(pid);
  t.match(await end, { code: 0, out: `${first} has 1 of stubborn` });
  t.equal((await cluster.processes()).length, 1);
  const there = await cluster.halctl(line);
  t.match(there, { code: 0, out: `${first} has 1 of stubborn already.` });
  const grown = await cluster.halctl(line.replace('--to 1', '--to 3'));
  t.match(grown, { code: 0, out: `${first} has 3 of stubborn; revision ` });
});

t.test('a wait goes on through a kill -9 of the station', async (t) => {
  const [fid] = (await stubborn(first)) as [string];
  const { end } = await waiting(t, `cluster process remove ${fid}`);
  await cluster.station.stop('SIGKILL');
  await cluster.startStation();
  endAll();
  const { code, out, err } = await end;
  t.equal(code, 0, err);
  t.equal(out, `Removed ${fid}.\n`);
  t.match(err, /^No station answers; operation \d+ goes on/);
});
