/** Replicas of one cluster on one log: what others append is applied, what is not kept is taken back. */

import t from 'tap';
import type { Test } from 'tap';
import type { Revision } from '../../../src/core/values/revision.ts';
import { HistoryLostError } from '../../../src/log/log.ts';
import type { Silence } from '../../../src/log/memory.ts';
import { openSharedMemoryLog, SharedMemory } from '../../../src/log/shared-memory.ts';
import type { SharedMemoryLog } from '../../../src/log/shared-memory.ts';
import { Turns } from '../../../src/station/fair-use/turns.ts';
import { NotLeadingError } from '../../../src/station/leadership/standing.ts';
import { Replica } from '../../../src/station/replica/replica.ts';
import { HandTime } from '../hand-time.ts';
import { temporary } from '../harness.ts';

const logger = { info: () => {}, warn: () => {}, error: () => {} };
const never = new AbortController().signal;

interface Opened {
  readonly replica: Replica;
  readonly log: SharedMemoryLog;
  readonly time: HandTime;
  /** How often another's commit was in the place of one of its own. */
  readonly displaced: () => number;
  readonly fall: (...silences: Silence[]) => void;
  readonly add: (fqdn: string, key?: string) => Promise<unknown>;
  readonly names: () => string[];
}

const opened = async (t: Test, storage: SharedMemory, start?: number): Promise<Opened> => {
  const time = new HandTime(start);
  const silences: Silence[] = [];
  const store = (): Silence | undefined => {
    const silence = silences.shift();
    // Nor is anything heard after that, until the test restores the line.
    if (silence) log.line.cut('silent');
    return silence;
  };
  const log = openSharedMemoryLog({ storage, store });
  const replica = await Replica.open({
    ...{ log, directory: temporary(t), logger, time },
    trouble: () => undefined,
    turns: new Turns(time.monotonic),
    mint: () => t.fail('nothing is minted') as never,
    notLeading: () => new NotLeadingError(null),
  });
  t.teardown(async () => {
    await replica.close();
    await log.close();
  });
  let displaced = 0;
  replica.whenDisplaced(() => (displaced += 1));
  const add = (fqdn: string, key?: string): Promise<unknown> => {
    const request = key === undefined ? undefined : { key, fingerprint: fqdn };
    const sender = { actor: 'test', request };
    return replica.submit({ type: 'RegisterHost', fqdn }, sender, () => fqdn);
  };
  const names = (): string[] => Array.from(replica.graph.all('host'), ({ fqdn }) => fqdn).sort();
  return {
    ...{ replica, log, time, add, names, displaced: () => displaced },
    fall: (...more) => void silences.push(...more),
  };
};

const two = async (t: Test): Promise<[Opened, Opened, SharedMemory]> => {
  const storage = new SharedMemory();
  return [await opened(t, storage), await opened(t, storage), storage];
};

const alike = (t: Test, ...all: Opened[]): void => {
  const [first, ...others] = all.map(({ replica }) => [replica.head, replica.graph.digest()]);
  for (const other of others) t.strictSame(other, first);
};

t.test('what one appends the other shows, once, and both are alike', async (t) => {
  const [one, other] = await two(t);
  for (const name of ['a.b', 'c.d', 'e.f']) await one.add(name);
  await other.replica.reached(3 as Revision, never);
  t.strictSame(other.names(), ['a.b', 'c.d', 'e.f']);
  alike(t, one, other);
  await other.add('g.h');
  await one.replica.reached(4 as Revision, never);
  alike(t, one, other);
  t.equal(one.displaced() + other.displaced(), 0);
});

t.test('one that opens while others append misses nothing', async (t) => {
  const storage = new SharedMemory();
  const one = await opened(t, storage);
  const adding = (async () => {
    for (let i = 0; i < 40; i += 1) await one.add(`h${i}.x`);
  })();
  const other = await opened(t, storage);
  await adding;
  await other.replica.reached(40 as Revision, never);
  alike(t, one, other);
});

t.test('where another was quicker, nothing of what was decided here is kept', async (t) => {
  const [one, other] = await two(t);
  await one.add('a.b');
  await other.replica.reached(1 as Revision, never);
  one.log.line.hold();
  await other.add('quicker.x');
  const asked = ['x.1', 'x.2', 'x.3'].map((name) => one.add(name, `key of ${name}`));
  for (const answer of asked) await t.rejects(answer, NotLeadingError);
  t.equal(one.displaced(), 1);
  t.strictSame(one.names(), ['a.b']);
  t.equal(one.replica.settled(), undefined);
  one.log.line.release();
  await one.replica.reached(2 as Revision, never);
  alike(t, one, other);
  t.match(await one.add('x.1', 'key of x.1'), { ok: true, revision: 3, changed: true });
});

t.test(
  'what the log brings takes back what waits for it, and a read that saw it fails',
  async (t) => {
    const [one, other] = await two(t);
    one.log.line.cut('silent');
    const waiting = one.add('mine.x');
    waiting.catch(() => undefined);
    const read = one.replica.settled()!;
    read.catch(() => undefined);
    t.strictSame(one.names(), ['mine.x'], 'it is ahead of the log');
    await other.add('theirs.x');
    one.log.line.restore();
    await t.rejects(waiting, NotLeadingError);
    await t.rejects(read, NotLeadingError);
    await one.replica.reached(1 as Revision, never);
    t.strictSame(one.names(), ['theirs.x']);
    alike(t, one, other);
  },
);

for (const silence of ['kept', 'lost', 'late'] as const)
  t.test(
    `commits of which the log says nothing, and that another's follow: ${silence}`,
    async (t) => {
      const [one, other, storage] = await two(t);
      await one.add('a.b');
      await other.replica.reached(1 as Revision, never);
      one.fall(silence);
      const [first, second] = [one.add('x.1'), one.add('x.2')];
      second.catch(() => undefined);
      first.catch(() => undefined);
      await one.time.pass(0);
      one.log.line.cut('silent');
      if (silence === 'kept') await other.replica.reached(2 as Revision, never);
      if (silence === 'late') {
        await t.rejects(other.add('theirs.x'), NotLeadingError);
        await other.replica.reached(2 as Revision, never);
      }
      await other.add('theirs.x');
      one.log.line.restore();
      const found: unknown[] = [];
      void Promise.allSettled([first, second]).then((ends) => found.push(...ends));
      for (let i = 0; i < 20 && found.length === 0; i += 1) await one.time.pass(500);
      const names = (silence === 'lost' ? ['a.b', 'theirs.x'] : ['a.b', 'theirs.x', 'x.1']).sort();
      if (silence === 'lost') {
        t.match(found, [{ reason: { code: 'not-leading' } }, { reason: { code: 'not-leading' } }]);
      } else
        t.match(
          found,
          [{ value: { ok: true, revision: 2 } }, { status: 'rejected' }],
          'it came before the other',
        );
      await one.replica.reached(storage.head as Revision, never);
      await other.replica.reached(storage.head as Revision, never);
      t.strictSame(one.names(), names);
      alike(t, one, other);
    },
  );

t.test(
  'one in doubt whose place is taken is not offered again behind it, nor what followed',
  async (t) => {
    const [one, other, storage] = await two(t);
    one.log.line.cut('silent');
    const asked = ['x.1', 'x.2', 'x.3'].map((name) => one.add(name));
    const ends = Promise.allSettled(asked);
    one.log.line.cut('refused');
    await one.time.pass(1000);
    await other.add('theirs.x');
    one.log.line.restore();
    await one.time.pass(10_000);
    for (const end of await ends)
      t.match(end, {
        status: 'rejected',
        reason: { code: /not-leading|append-failed|outcome-unknown/ },
      });
    t.equal(storage.head, 1, 'nothing came behind it');
    t.strictSame(one.names(), ['theirs.x']);
    alike(t, one, other);
    t.match(await one.add('x.4'), { ok: true, revision: 2 }, 'and it goes on');
  },
);

t.test('an answered request is known to whoever applied it', async (t) => {
  const [one, other, storage] = await two(t);
  const first = await one.add('a.b', 'the key');
  await other.replica.reached(1 as Revision, never);
  t.match(await other.add('a.b', 'the key'), first);
  t.equal(storage.head, 1);
});

t.test(
  'the time of the log goes on from that of another, whose clock was an hour ahead',
  async (t) => {
    const storage = new SharedMemory();
    const noon = Date.UTC(2026, 8, 21, 12);
    const ahead = await opened(t, storage, noon + 3_600_000);
    const behind = await opened(t, storage, noon);
    await ahead.add('a.b');
    await behind.replica.reached(1 as Revision, never);
    t.equal(behind.replica.now(), noon + 3_600_000);
    await behind.time.pass(10_000);
    t.equal(behind.replica.now(), noon + 3_609_000);
  },
);

t.test('a log that lost its history ends it, with what it said', async (t) => {
  const [one, other, storage] = await two(t);
  await one.add('a.b');
  await one.add('c.d');
  await other.replica.reached(2 as Revision, never);
  storage.lose(1);
  t.ok((await one.replica.failed) instanceof HistoryLostError);
  t.ok((await other.replica.failed) instanceof HistoryLostError);
});
