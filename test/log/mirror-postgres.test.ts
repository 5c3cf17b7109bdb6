/** The mirror of a log on real PostgreSQL servers. */

import { execFileSync, spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import t from 'tap';
import type { Test } from 'tap';
import { revision } from '../../src/core/values/revision.ts';
import type { EventLog } from '../../src/log/log.ts';
import { openLog } from '../../src/log/open.ts';
import { init } from '../postgres/ready.ts';
import { startServer } from '../postgres/servers.ts';
import { temporary } from '../station/harness.ts';
import { Collector } from './collector.ts';
import { appendAll, commitAt, range } from './contract.ts';

const server = await startServer(t);
let schemas = 0;

/** A log of its own, and what it is opened by. */
const made = async (): Promise<string> => {
  const url = server.url(`schema=mirrored_${++schemas}`);
  await init(url);
  return url;
};

const mirrored = async (
  t: Test,
  url: string,
  directory: string,
  said: string[] = [],
): Promise<EventLog> => {
  const say = (_details: object, message: string): void => void said.push(message);
  const log = await openLog(url, { mirror: { directory, news: { info: say, warn: say } } });
  t.teardown(() => log.close());
  return log;
};

t.test('what two stations append is in both mirrors, in one order', async (t) => {
  const url = await made();
  const logs = await Promise.all([mirrored(t, url, temporary(t)), mirrored(t, url, temporary(t))]);
  const heard = logs.map((log) => {
    const collector = new Collector();
    log.subscribe(revision(0), collector.listener);
    return collector;
  });
  for (let from = 0; from < 100; from += 20) {
    const own = (from / 20) % 2;
    await heard[own]!.reach(from);
    await Promise.all(appendAll(logs[own]!, from, from + 20));
  }
  for (const collector of heard) {
    await collector.reach(100);
    t.same(collector.seen, range(0, 100));
  }
  t.match(logs[0], { durability: 'disk', files: { trouble: undefined } });
  await Promise.all(logs.map((log) => log.close()));
});

/** Appends a commit until the log says what became of it. */
const settle = async (log: EventLog, at: number): Promise<void> => {
  for (;;) {
    const code = await log.append(commitAt(at), revision(at - 1)).then(
      () => 'kept',
      (error: { code: string }) => error.code,
    );
    if (code === 'kept' || (code === 'revision-conflict' && log.head() >= at)) return;
    await pause(50);
  }
};

t.test('a server that dies and comes back leaves no gap and no repetition', async (t) => {
  const url = await made();
  const log = await mirrored(t, url, temporary(t));
  const collector = new Collector();
  log.subscribe(revision(0), collector.listener);
  await Promise.all(appendAll(log, 0, 200));
  const ended = Promise.allSettled(appendAll(log, 200, 400));
  await server.kill();
  await ended;
  await server.start();
  for (let at = log.head() + 1; at <= 400; at += 1) await settle(log, at);
  await collector.reach(400);
  t.same(collector.seen, range(0, 400));
  const bare = await openLog(url);
  t.equal(await bare.checksum(revision(400)), await log.checksum(revision(400)));
  await Promise.all([bare.close(), log.close()]);
});

t.test(
  'a server that was put back to an older state is found out, also while it runs',
  async (t) => {
    const url = await made();
    const directory = temporary(t);
    const log = await mirrored(t, url, directory);
    await Promise.all(appendAll(log, 0, 20));
    const told = new Promise((resolve) => log.subscribe(revision(20), () => undefined, resolve));
    const statement = `delete from mirrored_${schemas}.commits where revision > 15`;
    const database = `postgresql://postgres@127.0.0.1:${server.port}/halcyon`;
    execFileSync('psql', ['-qc', statement, database]);
    await server.stop('immediate');
    await server.start();
    t.match(await log.shared!.lost, { code: 'history-lost' });
    t.match(await told, { code: 'history-lost' });
    await log.close();
    const said: string[] = [];
    const again = await mirrored(t, url, directory, said);
    t.match(said[0], /the mirror is thrown away, and read anew/);
    t.equal(again.head(), 15);
    await again.append(commitAt(16, 'instead'), revision(15));
    await again.close();
  },
);

t.test('without a server nothing opens, and what to do is said', async (t) => {
  const url = await made();
  const directory = temporary(t);
  const log = await mirrored(t, url, directory);
  await Promise.all(appendAll(log, 0, 20));
  await log.close();
  await server.stop();
  await t.rejects(mirrored(t, url, directory), { code: 'log-unavailable' });
  await server.start();
  const said: string[] = [];
  const again = await mirrored(t, url, directory, said);
  t.same(said, [], 'the mirror is as good as it was');
  await again.close();
});

t.test('whoever is killed at any moment reads again what the mirror lacks', async (t) => {
  const url = await made();
  const directory = temporary(t);
  const acknowledged = new Set<number>();
  for (let round = 0; round < 8; round += 1) {
    const appender = join(import.meta.dirname, 'appender.ts');
    const args = [appender, directory, '16', url];
    const child = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'pipe'] });
    t.teardown(() => child.kill('SIGKILL'));
    let said = '';
    child.stderr.on('data', (data: Buffer) => (said += data.toString()));
    child.stdin.write('append 1000000\n');
    const last = 1 + Math.floor(Math.random() * 400);
    let count = 0;
    for await (const line of createInterface({ input: child.stdout })) {
      const [, own] = /^acked (\d+)$/.exec(line) ?? [];
      if (own === undefined) continue;
      acknowledged.add(Number(own));
      if (++count === last) child.kill('SIGKILL');
    }
    t.ok(count >= last, `killed after ${last}`);
    t.equal(said, '', 'its mirror was as good as it had left it');
  }
  const said: string[] = [];
  const [bare, log] = [await openLog(url), await mirrored(t, url, directory, said)];
  t.teardown(() => bare.close());
  t.notMatch(said.join(), /thrown away/);
  t.ok(log.head() >= acknowledged.size);
  const read = await Array.fromAsync(log.read(revision(0)));
  t.same(
    read,
    range(0, bare.head()).map((at) => commitAt(at)),
  );
  for (const own of acknowledged) if (own > log.head()) t.fail(`${own} was acknowledged`);
  t.equal(await bare.checksum(bare.head()), await log.checksum(log.head()));
});
