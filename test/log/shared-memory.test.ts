/** A log in memory that several have open at once, and what a test can do to it. */

import { setImmediate as turn } from 'node:timers/promises';
import t from 'tap';
import type { Test } from 'tap';
import { revision } from '../../src/core/values/revision.ts';
import { openSharedMemoryLog, SharedMemory } from '../../src/log/shared-memory.ts';
import type { SharedMemoryLog, SharedMemoryLogOptions } from '../../src/log/shared-memory.ts';
import { appendAll, commitAt, logContract, range } from './contract.ts';
import { refusalContract } from './refusal-contract.ts';
import type { RefusingLog } from './refusal-contract.ts';
import { HandTime } from '../station/hand-time.ts';

const opened = async (): Promise<RefusingLog> => {
  const storage = new SharedMemory();
  let broken = false;
  const store = (): void => {
    if (broken) throw new Error('no space');
  };
  const limits = { queueCommits: 2500, commitCharacters: 1_500_000 };
  return {
    log: openSharedMemoryLog({ storage, store, limits }),
    reopen: async () => openSharedMemoryLog({ storage }),
    breakStorage: () => void (broken = true),
    mendStorage: () => void (broken = false),
    queueCommits: 2500,
  };
};

logContract(t, 'shared memory', opened);
refusalContract(t, 'shared memory', opened);

const two = (
  t: Test,
  options: Partial<SharedMemoryLogOptions> = {},
): { storage: SharedMemory; one: SharedMemoryLog; other: SharedMemoryLog } => {
  const storage = new SharedMemory();
  const one = openSharedMemoryLog({ storage, ...options });
  const other = openSharedMemoryLog({ storage });
  t.teardown(() => Promise.all([one.close(), other.close()]));
  return { storage, one, other };
};

/** More turns of the event loop than anything here takes. */
const settled = async (): Promise<void> => {
  for (let i = 0; i < 10; i += 1) await turn();
};

const seenBy = (log: SharedMemoryLog): number[] => {
  const seen: number[] = [];
  log.subscribe(revision(0), (commit) => seen.push(commit.revision));
  return seen;
};

const codeOf = (error: unknown): unknown => (error as { code?: unknown }).code;

t.test('what one appends is delivered to all, in order, and is their head', async (t) => {
  const { one, other } = two(t);
  const [a, b] = [seenBy(one), seenBy(other)];
  await Promise.all(appendAll(one, 0, 5));
  await settled();
  t.equal(other.head(), 5);
  await Promise.all(appendAll(other, 5, 9));
  await settled();
  t.same([a, b], [range(0, 9), range(0, 9)]);
  t.same(await Array.fromAsync(one.read(revision(8))), [commitAt(9)]);
});

t.test('of two that append at one place, one is told that another is there', async (t) => {
  const { one, other } = two(t);
  const kept = appendAll(one, 0, 3, 'mine');
  const refused = await Promise.allSettled(appendAll(other, 0, 3, 'other'));
  await Promise.all(kept);
  for (const ended of refused)
    t.match(ended, { status: 'rejected', reason: { code: 'revision-conflict' } });
  await settled();
  await other.append(commitAt(4, 'other'), revision(3));
  t.equal(one.head(), 3);
  await settled();
  t.equal(one.head(), 4);
});

t.test('a refused line fails at once and nothing is kept', async (t) => {
  const { storage, one, other } = two(t);
  one.line.cut('refused');
  t.equal(one.shared.trouble, 'the connection is refused');
  await t.rejects(one.append(commitAt(1), revision(0)), { code: 'append-failed' });
  await t.rejects(one.shared.register('lease').read(), { code: 'log-unavailable' });
  await t.rejects(one.shared.register('lease').replace(0, Buffer.from('a')), {
    code: 'log-unavailable',
  });
  await other.append(commitAt(1, 'other'), revision(0));
  const seen = seenBy(one);
  await settled();
  t.same(seen, []);
  one.line.restore();
  await settled();
  t.same(seen, [1]);
  t.equal(one.shared.trouble, undefined);
  t.equal(storage.head, 1);
});

t.test('a silent line lets calls wait for its deadline, and restored they go on', async (t) => {
  const time = new HandTime();
  const { storage, one } = two(t, { deadline: (expire) => time.after(5000, expire) });
  one.line.cut('silent');
  const unknown = one.append(commitAt(1), revision(0)).catch(codeOf);
  const read = one.shared.register('lease').read().catch(codeOf);
  const put = one.shared.register('lease').replace(0, Buffer.from('a')).catch(codeOf);
  await time.pass(4000);
  t.equal(one.shared.trouble, undefined);
  await time.pass(1000);
  t.same(await Promise.all([unknown, read, put]), [
    'outcome-unknown',
    'log-unavailable',
    'outcome-unknown',
  ]);
  t.equal(one.shared.trouble, 'there is no answer');
  const again = one.append(commitAt(1), revision(0));
  await time.pass(4000);
  one.line.restore();
  await again;
  t.equal(storage.head, 1);
  t.equal(time.timers, 0, 'no deadline is left behind');
  one.line.trouble = 'as the test says';
  t.equal(one.shared.trouble, 'as the test says');
});

for (const [silence, there] of [
  ['kept', 1],
  ['lost', 0],
  ['late', 0],
] as const)
  t.test(`a commit that is ${silence} in silence is settled by offering it again`, async (t) => {
    let isSilent = true;
    const { storage, one, other } = two(t, { store: () => (isSilent ? silence : undefined) });
    const seen = [seenBy(one), seenBy(other)];
    one.line.hold();
    const issued = await Promise.allSettled(appendAll(one, 0, 2));
    t.match(issued, [{ reason: { code: 'outcome-unknown' } }, { reason: { code: /./ } }]);
    t.equal(storage.head, there);
    isSilent = false;
    await one.append(commitAt(1), revision(0));
    one.line.release();
    await settled();
    t.same(seen, [[1], [1]]);
  });

t.test('what comes late is in the place of what another appends then', async (t) => {
  const { storage, one, other } = two(t, { store: () => 'late' });
  await t.rejects(one.append(commitAt(1, 'late'), revision(0)), { code: 'outcome-unknown' });
  one.line.cut('refused');
  await t.rejects(
    one.append(commitAt(1, 'late'), revision(0)),
    { code: 'outcome-unknown' },
    'a refusal says nothing of what was sent before',
  );
  await t.rejects(other.append(commitAt(1), revision(0)), { code: 'revision-conflict' });
  t.match(storage.stored(1)?.body, /late/);
});

t.test('a commit may arrive through a line that is silent', async (t) => {
  const time = new HandTime();
  const { one, other } = two(t, {
    store: () => 'kept',
    deadline: (expire) => time.after(1000, expire),
  });
  one.line.cut('silent');
  const ended = one.append(commitAt(1), revision(0)).catch(codeOf);
  await settled();
  t.equal(other.head(), 1);
  await time.pass(1000);
  t.equal(await ended, 'outcome-unknown');
  t.equal(one.head(), 0);
});

t.test('deliveries are held and let through one by one', async (t) => {
  const { one, other } = two(t);
  const seen = seenBy(other);
  other.line.hold();
  await Promise.all(appendAll(one, 0, 5));
  await settled();
  t.same([other.head(), seen], [0, []]);
  other.line.release(2);
  await settled();
  t.same([other.head(), seen], [2, [1, 2]]);
  await t.rejects(other.append(commitAt(3, 'other'), revision(2)), {
    code: 'revision-conflict',
    actual: 5,
  });
  other.line.release();
  await settled();
  t.same(seen, range(0, 5));
});

t.test('who has seen what the servers lost is told, and who has not goes on', async (t) => {
  const { storage, one, other } = two(t);
  other.line.hold();
  await Promise.all(appendAll(one, 0, 5));
  other.line.release(3);
  await settled();
  const told = new Promise((resolve) => one.subscribe(revision(0), () => undefined, resolve));
  await settled();
  storage.lose(2);
  t.match(await told, { code: 'history-lost', revision: 5 });
  const lost = { code: 'history-lost' };
  await t.rejects(one.append(commitAt(6), revision(5)), lost);
  await t.rejects(one.checksum(revision(1)), lost);
  t.throws(() => one.read(revision(0)), lost);
  await other.append(commitAt(4, 'instead'), revision(3));
  await t.rejects(one.append(commitAt(6), revision(5)), lost, 'also where it is as long again');
  t.equal(other.head(), 4);
});

t.test('who was cut off meanwhile is told when the line is restored', async (t) => {
  const { storage, one, other } = two(t);
  await Promise.all(appendAll(one, 0, 5));
  await settled();
  other.line.cut('silent');
  const issued = other.append(commitAt(6), revision(5)).catch(codeOf);
  await settled();
  storage.lose(1);
  other.line.restore();
  t.equal(await issued, 'history-lost');
  t.equal(storage.head, 4);
});

t.test('a register is replaced by who has seen the last value only', async (t) => {
  let isSilent = false;
  const { one, other } = two(t, { put: () => (isSilent ? 'kept' : undefined) });
  const [mine, theirs] = [one, other].map((log) => log.shared.register('lease'));
  t.equal(await mine!.read(), undefined);
  t.equal(await mine!.replace(0, Buffer.from('a')), 1);
  t.equal(await theirs!.replace(0, Buffer.from('b')), undefined);
  t.same(await theirs!.read(), { version: 1, value: Buffer.from('a') });
  t.equal(await theirs!.replace(1, Buffer.from('b')), 2);
  isSilent = true;
  await t.rejects(mine!.replace(2, Buffer.from('c')), { code: 'outcome-unknown' });
  t.match(await theirs!.read(), { version: 3 });
  t.equal(await one.shared.register('secrets').read(), undefined, 'each name has its own');
});
