/** Three stations as processes of their own on one log in PostgreSQL, each of which is cut off from it in turn. */

import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { createClient } from '../../src/client/client.ts';
import { runStation, temporary, until } from '../station/harness.ts';
import { freePort } from '../station/sshd.ts';
import { TcpProxy } from '../network/tcp-proxy.ts';
import { init } from './ready.ts';
import { startServer, urlOf } from './servers.ts';

t.test('T55: three stations as processes, each cut off from its log in turn', async (t) => {
  const server = await startServer(t);
  await init(server.url());
  const names = ['one', 'two', 'three'];
  const members: { name: string; url: string; proxy: TcpProxy; stdout: () => string }[] = [];
  let first = '';
  for (const name of names) {
    const directory = temporary(t);
    if (first === '') first = directory;
    else copyFileSync(join(first, 'station.key'), join(directory, 'station.key'));
    const proxy = await TcpProxy.start(t, () => server.port);
    const url = `http://127.0.0.1:${await freePort()}`;
    const { stdout, stderr, process } = runStation(t, [
      ...['--data', directory, '--log', urlOf([proxy])],
      ...['--name', name, '--url', url, '--listen', new URL(url).host],
    ]);
    await until(`${name} to listen`, () => {
      if (process.exitCode !== null) throw new Error(stderr());
      return /^listening on/m.test(stdout());
    });
    members.push({ name, url, proxy, stdout });
    if (members.length > 1) continue;
    await until('the first token', () => /admin token: /.test(stdout()));
  }
  const token = /admin token: (\S+)/.exec(members[0]!.stdout())![1]!;
  const station = members.map(({ url }) => url);
  const client = createClient({ station, token, busyMs: 240_000, timeoutMs: 120_000 });
  for (const { name, url } of members.slice(1)) await client.addStation({ name, url });
  const wanted: string[] = [];
  for (const { name, proxy } of members) {
    proxy.refuses = true;
    proxy.cut();
    const others = members.filter((one) => one.name !== name).map(({ url }) => url);
    const beside = createClient({ station: others, token, busyMs: 240_000, timeoutMs: 120_000 });
    for (const project of [`${name}-1`, `${name}-2`]) {
      await beside.createProject({ name: project });
      wanted.push(project);
    }
    proxy.refuses = false;
  }
  const { items } = await client.listProjects();
  t.same(items.map((one) => one.name).sort(), [...wanted].sort(), 'each is there');
  const { events } = await client.listEvents({ limit: 1000 });
  const led = events.filter(({ type }) => type === 'StationLed');
  t.same(
    led.map(({ data }) => (data as { term: number }).term),
    led.map((_, i) => i + 1),
    'a term is led by one',
  );
  t.equal(events.filter(({ type }) => type === 'ProjectCreated').length, wanted.length, 'once');
});
