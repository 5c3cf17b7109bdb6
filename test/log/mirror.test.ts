/** A shared log with its mirror on this machine. */

import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import t from 'tap';
import type { Test } from 'tap';
import type { Commit } from '../../src/core/events/commit.ts';
import { revision } from '../../src/core/values/revision.ts';
import type { EventLog } from '../../src/log/log.ts';
import { openMirroredLog } from '../../src/log/mirror/open-mirror.ts';
import type { MirroredLogOptions } from '../../src/log/mirror/open-mirror.ts';
import { openSharedMemoryLog, SharedMemory } from '../../src/log/shared-memory.ts';
import type { SharedMemoryLog, SharedMemoryLogOptions } from '../../src/log/shared-memory.ts';
import { openSqliteLog } from '../../src/log/sqlite/sqlite-log.ts';
import { folderOf } from '../folder.ts';
import { Collector } from './collector.ts';
import { appendAll, commitAt, logContract, range } from './contract.ts';
import { refusalContract } from './refusal-contract.ts';
import type { RefusingLog } from './refusal-contract.ts';

const opened = async (t: Test): Promise<RefusingLog> => {
  const storage = new SharedMemory();
  const directory = folderOf(t);
  let broken = false;
  const store = (): void => {
    if (broken) throw new Error('no space');
  };
  const limits = { queueCommits: 2500, commitCharacters: 1_500_000 };
  const { open } = mirrors(directory, storage);
  return {
    log: (await open({ store, limits })).log,
    reopen: async () => (await open()).log,
    breakStorage: () => void (broken = true),
    mendStorage: () => void (broken = false),
    queueCommits: 2500,
  };
};

logContract(t, 'mirror', opened);
refusalContract(t, 'mirror', opened);

interface Opened {
  readonly log: EventLog;
  readonly engine: SharedMemoryLog;
  /** What opening said. */
  readonly said: readonly string[];
}

type Open = (
  options?: Partial<SharedMemoryLogOptions>,
  pace?: NonNullable<MirroredLogOptions['pace']>,
) => Promise<Opened>;

function mirrors(directory: string, storage: SharedMemory): { open: Open } {
  return {
    open: async (options = {}, pace = {}) => {
      const engine = openSharedMemoryLog({ storage, ...options });
      const said: string[] = [];
      const say = (_details: object, message: string): void => void said.push(message);
      const log = await openMirroredLog({
        ...{ engine, directory, pace, news: { info: say, warn: say } },
      });
      return { log, engine, said };
    },
  };
}

/** A storage with so many commits of another station, and the mirrors of a directory. */
async function withCommits(
  t: Test,
  commits: number,
): Promise<{
  readonly storage: SharedMemory;
  readonly other: SharedMemoryLog;
  readonly directory: string;
  readonly open: Open;
}> {
  const storage = new SharedMemory();
  const directory = folderOf(t);
  const other = openSharedMemoryLog({ storage, limits: { queueCommits: commits + 1 } });
  t.teardown(() => other.close());
  await Promise.all(appendAll(other, 0, commits));
  return { storage, other, directory, ...mirrors(directory, storage) };
}

const all = (log: EventLog): Promise<Commit[]> => Array.fromAsync(log.read(revision(0)));

t.test('a mirror reads what it lacks, and only that', async (t) => {
  const { other, open } = await withCommits(t, 2500);
  const first = await open();
  t.equal(first.log.head(), 2500);
  t.match(first.said, [/has all 2500 it lacked/]);
  await first.log.close();
  await Promise.all(appendAll(other, 2500, 2600));
  const second = await open();
  t.match(second.said, [/has all 100 it lacked/]);
  t.same(await all(second.log), await all(other));
  t.match(second.log, { durability: 'memory', shared: { trouble: undefined } });
  await second.log.close();
});

t.test('many commits are read at an open, with a word on the way', async (t) => {
  const { storage, open } = await withCommits(t, 5000);
  const { log, said } = await open({}, { saidEvery: 2000 });
  t.match(said, [
    /lacks 5000 commits/,
    'the mirror is read: revision 2000 of 5000',
    'the mirror is read: revision 4000 of 5000',
    /has all 5000/,
  ]);
  t.equal(await log.checksum(revision(5000)), storage.stored(5000)?.crc);
  await log.close();
});

/** What a mirror may have become while nobody had it open, and what is said of it. */
const spoiled: readonly [how: string, spoil: (mirror: string) => void | Promise<void>, RegExp][] = [
  [
    'has another log',
    async (mirror) => {
      rmSync(mirror, { recursive: true });
      const log = await openSqliteLog({ directory: mirror });
      await Promise.all(appendAll(log, 0, 10, 'of another'));
      await log.close();
    },
    /at revision 10 the log has something else/,
  ],
  [
    'has more than the log',
    async (mirror) => {
      const log = await openSqliteLog({ directory: mirror });
      await Promise.all(appendAll(log, 1000, 1005));
      await log.close();
    },
    /it goes to revision 1005, and the log to 1000/,
  ],
  [
    'is damaged at its end',
    (mirror) => execute(mirror, "UPDATE commits SET body = '{}' WHERE revision = 999"),
    /is damaged: at revision 999/,
  ],
  [
    'was marked as damaged',
    (mirror) => writeFileSync(join(mirror, 'condemned'), ''),
    /what was read from it was damaged/,
  ],
  ['is of a newer release', (mirror) => execute(mirror, 'PRAGMA user_version = 7'), /version 7/],
  [
    'is no database',
    (mirror) => writeFileSync(join(mirror, 'log.db'), 'x'.repeat(9000)),
    /damaged/,
  ],
  [
    'has lost its database',
    (mirror) => renameSync(join(mirror, 'log.db'), join(mirror, 'log.db-wal')),
    /is missing, and the files beside it/,
  ],
  [
    'has a lock that is none',
    (mirror) => writeFileSync(join(mirror, 'lock.db'), 'no lock'.repeat(200)),
    /lock.db should be empty/,
  ],
];

const execute = (mirror: string, sql: string): void => {
  const database = new DatabaseSync(join(mirror, 'log.db'));
  database.exec(sql);
  database.close();
};

for (const [how, spoil, why] of spoiled)
  t.test(`a mirror that ${how} is made anew`, async (t) => {
    const { other, open, directory } = await withCommits(t, 1000);
    await (await open()).log.close();
    await spoil(join(directory, 'mirror'));
    const { log, said } = await open();
    t.match(said[0], /the mirror is thrown away, and read anew/);
    t.match(said[0], why);
    t.same(await all(log), await all(other));
    await log.append(commitAt(1001), revision(1000));
    await log.close();
    const again = await open();
    t.same(again.said, []);
    await again.log.close();
  });

t.test('a mirror that is removed while nobody has it is made anew', async (t) => {
  const { open, directory } = await withCommits(t, 100);
  await (await open()).log.close();
  rmSync(join(directory, 'mirror'), { recursive: true });
  const { log } = await open();
  t.equal(log.head(), 100);
  await log.close();
});

t.test('a mirror that another has open is left alone', async (t) => {
  const { open } = await withCommits(t, 100);
  const { log } = await open();
  await t.rejects(open(), { code: 'log-locked' });
  await log.append(commitAt(101), revision(100));
  t.same((await all(log)).length, 101);
  await log.close();
});

t.test('without the engine it does not open, and goes on where it was then', async (t) => {
  const { open, other } = await withCommits(t, 100);
  await (await open()).log.close();
  const storage = new SharedMemory();
  const cut = openSharedMemoryLog({ storage });
  cut.line.cut('refused');
  const news = { info: () => undefined, warn: () => undefined };
  await t.rejects(openMirroredLog({ engine: cut, directory: folderOf(t), news }), {
    code: 'log-unavailable',
  });
  await Promise.all(appendAll(other, 100, 110));
  const { log } = await open();
  t.equal(log.head(), 110);
  await log.close();
});

t.test('what others append is delivered in one order with what is appended here', async (t) => {
  const { open, other } = await withCommits(t, 10);
  const { log, engine } = await open();
  const collector = new Collector();
  log.subscribe(revision(3), collector.listener);
  for (let at = 10; at < 60; at += 2) {
    await other.append(commitAt(at + 1, 'other'), revision(at));
    await collector.reach(at + 1);
    await log.append(commitAt(at + 2, 'own'), revision(at + 1));
    t.equal(collector.seen.at(-1), at + 2, 'delivered before the append settles');
  }
  t.same(collector.seen, range(3, 60));
  t.same(await all(log), await all(engine));
  await log.close();
});

t.test('an engine that is faster than the mirror is read when there is room', async (t) => {
  const { open, other, storage } = await withCommits(t, 0);
  const { log, engine } = await open({}, { aheadCommits: 500 });
  const collector = new Collector();
  log.subscribe(revision(0), collector.listener);
  let reads = 0;
  const read = engine.read.bind(engine);
  engine.read = (...asked) => {
    reads += 1;
    return read(...asked);
  };
  engine.line.hold();
  for (let at = 0; at < 4000; at += 1) {
    const commit = commitAt(at + 1);
    storage.keep({ revision: at + 1, at: commit.at, body: JSON.stringify(commit) });
  }
  engine.line.release();
  await collector.reach(4000);
  t.ok(reads > 0, 'it is read from the engine');
  await other.append(commitAt(4001), revision(4000));
  await collector.reach(4001);
  t.same(collector.seen, range(0, 4001));
  await log.append(commitAt(4002), revision(4001));
  await log.close();
});

t.test('a commit that is kept in silence comes by the engine, once', async (t) => {
  const { open, other } = await withCommits(t, 5);
  let isSilent = true;
  const { log } = await open({ store: () => (isSilent ? 'kept' : undefined) });
  const collector = new Collector();
  log.subscribe(revision(0), collector.listener);
  await t.rejects(log.append(commitAt(6), revision(5)), { code: 'outcome-unknown' });
  await collector.reach(6);
  isSilent = false;
  await t.rejects(log.append(commitAt(6), revision(5)), { code: 'revision-conflict', actual: 6 });
  await other.append(commitAt(7, 'other'), revision(6));
  await collector.reach(7);
  t.same(collector.seen, range(0, 7));
  await log.close();
});

t.test('when the engine has lost its history, so has the mirror, until another open', async (t) => {
  const { open, storage, other } = await withCommits(t, 20);
  const { log } = await open();
  const told = new Promise((resolve) => log.subscribe(revision(20), () => undefined, resolve));
  storage.lose(5);
  const lost = { code: 'history-lost', revision: 20 };
  t.match(await log.shared!.lost, lost);
  t.match(await told, lost);
  await t.rejects(log.append(commitAt(21), revision(20)), { code: 'append-failed' });
  await log.close();
  await other.close();
  const again = await open();
  t.match(again.said[0], /it goes to revision 20, and the log to 15/);
  t.equal(again.log.head(), 15);
  await again.log.append(commitAt(16, 'instead'), revision(15));
  await again.log.close();
});

t.test(
  'a mirror whose files are removed ends the log; nothing is said to have failed',
  async (t) => {
    const { open, directory, other } = await withCommits(t, 20);
    const { log } = await open();
    const told = new Promise((resolve) => log.subscribe(revision(20), () => undefined, resolve));
    rmSync(join(directory, 'mirror', 'log.db'));
    t.match(await log.shared!.lost, { message: /log.db was removed/ }, 'without any append');
    t.match(await told, { message: /log.db was removed/ });
    await log.close();
    await other.append(commitAt(21, 'other'), revision(20));
    const again = await open();
    t.same(await all(again.log), await all(other));
    await again.log.close();
  },
);

t.test('what the engine has and a removed mirror has not is in doubt', async (t) => {
  const { open, directory, other } = await withCommits(t, 20);
  const { log } = await open();
  rmSync(join(directory, 'mirror', 'log.db'));
  const unknown = { code: 'outcome-unknown' };
  await t.rejects(log.append(commitAt(21), revision(20)), unknown);
  await t.rejects(log.append(commitAt(21), revision(20)), unknown, 'however often it is asked');
  t.match(await log.shared!.lost, { message: /log.db was removed/ });
  await log.close();
  const again = await open();
  t.same((await all(again.log)).at(-1), commitAt(21));
  t.equal(other.head(), 21);
  await again.log.close();
});

t.test('damage in the middle that a reader finds ends the log, and the mirror', async (t) => {
  const { open, directory, other } = await withCommits(t, 3000);
  await (await open()).log.close();
  execute(join(directory, 'mirror'), "UPDATE commits SET body = '{}' WHERE revision = 7");
  const { log } = await open();
  await t.rejects(all(log), { code: 'log-corrupt' });
  t.match(await log.shared!.lost, { code: 'log-corrupt' });
  t.ok(existsSync(join(directory, 'mirror', 'condemned')));
  await log.close();
  const again = await open();
  t.same(await all(again.log), await all(other));
  t.notOk(existsSync(join(directory, 'mirror', 'condemned')));
  await again.log.close();
});

t.test('a mirror is not synced: its head file is not believed', async (t) => {
  const { open, directory } = await withCommits(t, 50);
  await (await open()).log.close();
  const head = join(directory, 'mirror', 'head');
  const later = readFileSync(head);
  const first = await open();
  await Promise.all(appendAll(first.log, 50, 60));
  await first.log.close();
  const end = readFileSync(head);
  t.notSame(end, later);
  execute(join(directory, 'mirror'), 'DELETE FROM commits WHERE revision > 55');
  const { log, said } = await open();
  t.match(said, [/has all 5 it lacked/], 'it is read, and not thrown away');
  t.equal(log.head(), 60);
  await log.close();
});
