/** The servers that tests of the log on PostgreSQL run against do what those tests rely on. */

import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { TcpProxy } from '../network/tcp-proxy.ts';
import { ask, startServer, startThree } from './servers.ts';

/** What the kernel keeps of shared memory, by its number. */
const segments = (): string[] =>
  execFileSync('ipcs', ['-m'], { encoding: 'utf8' })
    .split('\n')
    .flatMap((line) => /^0x\S+ +(\d+)/.exec(line)?.[1] ?? []);

t.test('a server answers, syncs, survives a kill, and leaves nothing behind', async (t) => {
  let segment = '';
  let directory = '';
  await t.test('while it is there', async (t) => {
    const server = await startServer(t);
    ({ directory } = server);
    t.same(await server.ask('select 1 + 1'), [['2']]);
    t.same(await server.ask('show fsync'), [['on']]);
    await server.ask('create table kept as select 7 as n', 'halcyon');
    const lock = readFileSync(join(directory, 'postmaster.pid'), 'utf8');
    segment = lock.split('\n')[6]!.trim().split(/ +/)[1]!;
    t.ok(segments().includes(segment));
    await server.kill();
    await t.rejects(server.ask('select 1'), { code: 'ECONNREFUSED' });
    await server.start();
    t.same(await server.ask('select n from kept', 'halcyon'), [['7']]);
    await server.kill();
  });
  t.notOk(existsSync(directory));
  t.notOk(segments().includes(segment));
});

t.test(
  'after a failover the better of two standbys leads, and the dead one comes back',
  async (t) => {
    const three = await startThree(t);
    const [a] = three.servers;
    t.same(await a!.ask("select count(*) from pg_stat_replication where sync_state = 'quorum'"), [
      ['2'],
    ]);
    await a!.ask('create table kept as select 7 as n', 'halcyon');
    const next = await three.fail();
    t.not(next, a);
    t.same(await next.ask('select n from kept', 'halcyon'), [['7']]);
    await next.ask('insert into kept values (8)', 'halcyon');
    await three.rejoin(a!);
    await three.following();
    t.same(await a!.ask('select n, pg_is_in_recovery() from kept', 'halcyon'), [
      ['7', 't'],
      ['8', 't'],
    ]);
  },
);

t.test('a frozen server answers when it is thawed; a proxy cuts', async (t) => {
  const server = await startServer(t);
  server.freeze();
  const asked = server.ask('select 5');
  let isAnswered = false;
  const answered = asked.then(() => (isAnswered = true));
  await new Promise((resolve) => setTimeout(resolve, 300));
  t.notOk(isAnswered);
  server.thaw();
  await answered;
  const proxy = await TcpProxy.start(t, () => server.port);
  t.same(await ask(proxy.port, 'select 6'), [['6']]);
  proxy.refuses = true;
  await t.rejects(ask(proxy.port, 'select 6'));
  t.equal(proxy.taken, 2);
});
