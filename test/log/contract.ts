/**
 * What every driver of the event log must do; each driver's test runs it, and `refusal-contract.ts`
 * where its storage can be told to refuse.
 */

import { crc32 } from 'node:zlib';
import type { Test } from 'tap';
import type { Commit } from '../../src/core/events/commit.ts';
import { revision } from '../../src/core/values/revision.ts';
import type { EventLog } from '../../src/log/log.ts';
import { Collector } from './collector.ts';

export interface OpenLog {
  readonly log: EventLog;
  /** Opens what the closed log left. */
  readonly reopen: () => Promise<EventLog>;
  /** Commits that may wait. */
  readonly queueCommits: number;
}

/** More than two pages, two batches and two turns of catching up have in any driver. */
const many = 2200;

export function commitAt(at: number, note = 'as planned'): Commit {
  return {
    revision: revision(at),
    at: 1_700_000_000_000 + at,
    actor: 'agent:n0001.example.org',
    correlation: `request-${at}`,
    command: 'ReportNodeUp',
    events: [
      { type: 'NodeUp', v: 1, data: { fqdn: 'n0001.example.org', note, greek: 'αβγ\n"' } },
      { type: 'HostStateChanged', v: 1, data: { state: 'up' }, cause: 0, rule: 'host-is-up' },
    ],
  };
}

/** Issues commits `from + 1` to `to` without waiting for any. */
export function appendAll(log: EventLog, from: number, to: number, note?: string): Promise<void>[] {
  return Array.from({ length: to - from }, (_, index) =>
    log.append(commitAt(from + index + 1, note), revision(from + index)),
  );
}

export function range(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, index) => from + index + 1);
}

function revisions(commits: AsyncIterable<Commit>): Promise<number[]> {
  return Array.fromAsync(commits, (commit) => commit.revision);
}

const none = revision(0);

/** As they are stored: to compare thousands of trees takes a second of each run. */
export function sameCommits(t: Test, found: readonly Commit[], expected: readonly Commit[]): void {
  t.equal(found.length, expected.length, `there are ${expected.length} commits`);
  const [is, should] = [found, expected].map((commits) => commits.map((c) => JSON.stringify(c)));
  const at = should!.findIndex((text, i) => text !== is![i]);
  t.equal(is![at], should![at], at === -1 ? 'each as it was appended' : `of revision ${at + 1}`);
}

export async function codeOf(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
    return 'done';
  } catch (error) {
    return (error as { code?: unknown }).code;
  }
}

export function logContract(t: Test, name: string, open: (t: Test) => Promise<OpenLog>): void {
  t.test(`${name}: an empty log`, async (t) => {
    const { log } = await open(t);
    t.equal(log.head(), 0);
    t.same(await Array.fromAsync(log.read(none)), []);
    t.equal(typeof log.size(), 'number');
    await log.close();
  });

  t.test(`${name}: commits come back whole and in the order of their appends`, async (t) => {
    const { log } = await open(t);
    await Promise.all(appendAll(log, 0, many));
    t.equal(log.head(), many);
    sameCommits(
      t,
      await Array.fromAsync(log.read(none)),
      range(0, many).map((at) => commitAt(at)),
    );
    t.ok(log.size() > 0);
    await log.close();
  });

  t.test(`${name}: appends issued together settle in order, and durable`, async (t) => {
    const { log } = await open(t);
    const settled: number[] = [];
    await Promise.all(
      appendAll(log, 0, 500).map(async (appended, index) => {
        await appended;
        if (log.head() <= index) t.fail(`commit ${index + 1} was acknowledged before its time`);
        settled.push(index + 1);
      }),
    );
    t.same(settled, range(0, 500));
    await log.close();
  });

  t.test(`${name}: a conflict says what was expected and what is there`, async (t) => {
    const { log } = await open(t);
    await Promise.all(appendAll(log, 0, 2));
    const conflict = { code: 'revision-conflict', expected: 1, actual: 2 };
    await t.rejects(log.append(commitAt(2), revision(1)), conflict);
    await t.rejects(log.append(commitAt(6), revision(5)), { ...conflict, expected: 5 });
    const issued = log.append(commitAt(3), revision(2));
    await t.rejects(
      log.append(commitAt(3), revision(2)),
      { ...conflict, expected: 2, actual: 3 },
      'what was issued counts, though it is not durable yet',
    );
    await issued;
    t.same(await revisions(log.read(none)), [1, 2, 3]);
    await log.close();
  });

  t.test(`${name}: a commit whose revision does not follow is refused`, async (t) => {
    const { log } = await open(t);
    await t.rejects(log.append(commitAt(2), none), RangeError);
    await log.append(commitAt(1), none);
    t.equal(log.head(), 1);
    await log.close();
  });

  t.test(`${name}: more waiting appends than the limit are turned away`, async (t) => {
    const { log, queueCommits } = await open(t);
    const issued = appendAll(log, 0, queueCommits);
    await t.rejects(log.append(commitAt(queueCommits + 1), revision(queueCommits)), {
      code: 'log-busy',
    });
    await Promise.all(issued);
    await log.append(commitAt(queueCommits + 1), revision(queueCommits));
    t.equal(log.head(), queueCommits + 1);
    await log.close();
  });

  t.test(
    `${name}: reading starts behind a revision and ends at the head of its call`,
    async (t) => {
      const { log } = await open(t);
      await Promise.all(appendAll(log, 0, many));
      t.same(await revisions(log.read(revision(700))), range(700, many));
      t.same(await revisions(log.read(revision(many))), []);
      t.same(await revisions(log.read(revision(9000))), []);
      t.same(await revisions(log.read(revision(7), revision(9))), [8, 9], 'up to a revision');
      t.same(await revisions(log.read(revision(9), revision(9))), []);
      t.same(await revisions(log.read(revision(9), revision(7))), []);
      t.same(await revisions(log.read(revision(many - 1), revision(9000))), [many]);
      const reading = log.read(revision(many - 10));
      await Promise.all(appendAll(log, many, many + 10));
      t.same(await revisions(reading), range(many - 10, many));
      await log.close();
    },
  );

  t.test(
    `${name}: a reader that rests keeps its place, and one that leaves harms nobody`,
    async (t) => {
      const { log } = await open(t);
      await Promise.all(appendAll(log, 0, many));
      const reading = log.read(none);
      t.same((await reading.next()).value, commitAt(1));
      for await (const { revision } of log.read(none)) if (revision === 1500) break;
      await Promise.all(appendAll(log, many, many + 100));
      t.same((await reading.next()).value, commitAt(2));
      t.same(await revisions(reading), range(2, many), 'to the head at the time of its call');
      await log.close();
      await t.rejects(reading.next(), { code: 'log-unavailable' });
    },
  );

  t.test(`${name}: its checksums tell it from every other log`, async (t) => {
    const { log, reopen } = await open(t);
    t.equal(await log.checksum(none), 0);
    t.equal(await log.checksum(revision(1)), undefined);
    const chained = range(0, 20).reduce<number[]>(
      (crcs, at) => [...crcs, crc32(JSON.stringify(commitAt(at)), crcs.at(-1))],
      [],
    );
    await Promise.all(appendAll(log, 0, 20));
    const told = (of: EventLog): Promise<unknown[]> =>
      Promise.all(range(0, 20).map((at) => of.checksum(revision(at))));
    t.same(await told(log), chained, 'the same on every engine');
    t.equal(await log.checksum(revision(21)), undefined);
    await log.close();
    await t.rejects(log.checksum(revision(1)), { code: 'log-unavailable' });
    const reopened = await reopen();
    t.same(await told(reopened), chained);
    await reopened.close();
  });

  t.test(`${name}: a time is the last commit at or before it`, async (t) => {
    const { log } = await open(t);
    const time = 1_700_000_000_000;
    t.equal(await log.revisionAt(time), 0);
    const same = { ...commitAt(3), at: time + 2 };
    await Promise.all([
      ...appendAll(log, 0, 2),
      log.append(same, revision(2)),
      ...appendAll(log, 3, 9),
    ]);
    for (const [at, expected] of [
      [0, 0],
      [1, 1],
      [2, 3],
      [3, 3],
      [4, 4],
      [9, 9],
      [1_000_000, 9],
    ] as const)
      t.equal(await log.revisionAt(time + at), expected, `after ${at} ms`);
    await log.close();
  });

  t.test(`${name}: it tells what it takes, and refuses a larger commit as such`, async (t) => {
    const { log } = await open(t);
    const { commitCharacters, queueCommits } = log.limits;
    t.ok(commitCharacters >= 1_000_000 && queueCommits >= 1);
    const frame = JSON.stringify(commitAt(1, '')).length;
    const too = commitAt(1, 'x'.repeat(commitCharacters - frame + 1));
    const size = { characters: commitCharacters + 1, max: commitCharacters };
    await t.rejects(log.append(too, none), { name: 'CommitTooLargeError', ...size });
    await log.append(commitAt(1, 'x'.repeat(commitCharacters - frame)), none);
    t.equal(log.head(), 1);
    await log.close();
  });

  t.test(`${name}: a subscription has no gap and no repetition while appends race`, async (t) => {
    const { log } = await open(t);
    await Promise.all(appendAll(log, 0, many));
    const early = new Collector();
    const middle = new Collector();
    const late = new Collector();
    log.subscribe(none, early.listener);
    log.subscribe(revision(234), middle.listener);
    t.equal(early.seen.length, 0, 'nothing is delivered before subscribe returns');
    const last = 2 * many;
    for (let from = many; from < last; from += 100) {
      await Promise.all(appendAll(log, from, from + 100));
      if (from === 3000) log.subscribe(log.head(), late.listener);
    }
    await Promise.all([early, middle, late].map((collector) => collector.reach(last)));
    t.same(early.seen, range(0, last));
    t.same(middle.seen, range(234, last));
    t.same(late.seen, range(3100, last));
    await log.close();
  });

  t.test(`${name}: a listener that subscribes another misses and repeats nothing`, async (t) => {
    const { log } = await open(t);
    const outer = new Collector();
    const inner = new Collector();
    log.subscribe(none, (commit) => {
      if (commit.revision === 5) log.subscribe(revision(5), inner.listener);
      outer.listener(commit);
    });
    await Promise.all(appendAll(log, 0, 50));
    await Promise.all([outer.reach(50), inner.reach(50)]);
    t.same(outer.seen, range(0, 50));
    t.same(inner.seen, range(5, 50));
    await log.close();
  });

  t.test(`${name}: a commit is delivered before its append settles`, async (t) => {
    const { log } = await open(t);
    const collector = new Collector();
    log.subscribe(none, collector.listener);
    await log.append(commitAt(1), none);
    t.same(collector.seen, [1]);
    await log.close();
  });

  t.test(`${name}: an ended subscription hears nothing more`, async (t) => {
    const { log } = await open(t);
    await Promise.all(appendAll(log, 0, 5));
    const collector = new Collector();
    const end = log.subscribe(none, collector.listener);
    await collector.reach(5);
    end();
    const never = new Collector();
    log.subscribe(none, never.listener)();
    await Promise.all(appendAll(log, 5, 10));
    t.same(collector.seen, range(0, 5));
    t.same(never.seen, []);
    await log.close();
  });

  t.test(`${name}: a listener that throws loses its subscription and harms nobody`, async (t) => {
    const { log } = await open(t);
    const good = new Collector();
    const told = new Promise<Error>((resolve) => {
      const bad = (): void => {
        throw new Error('listener broke');
      };
      log.subscribe(none, bad, resolve);
    });
    log.subscribe(none, good.listener);
    await Promise.all(appendAll(log, 0, 20));
    t.match(await told, { message: 'listener broke' });
    t.same(good.seen, range(0, 20));
    await log.close();
  });

  t.test(`${name}: closing waits for what was issued, and ends everything`, async (t) => {
    const { log, reopen } = await open(t);
    const issued = appendAll(log, 0, 300);
    const closed = log.close();
    await t.rejects(log.append(commitAt(301), revision(300)), { code: 'append-failed' });
    await closed;
    t.same(new Set(await Promise.all(issued.map(codeOf))), new Set(['done']));
    await log.close();
    await t.rejects(log.append(commitAt(301), revision(300)), { code: 'append-failed' });
    t.throws(() => log.read(none), { code: 'log-unavailable' });
    t.throws(() => log.subscribe(none, () => undefined), { code: 'log-unavailable' });
    const reopened = await reopen();
    t.equal(reopened.head(), 300);
    await reopened.close();
  });

  t.test(`${name}: reopening gives the same and goes on from there`, async (t) => {
    const { log, reopen } = await open(t);
    await Promise.all(appendAll(log, 0, 1500));
    await log.close();
    const second = await reopen();
    t.equal(second.head(), 1500);
    await t.rejects(second.append(commitAt(1500), revision(1499)), {
      code: 'revision-conflict',
      actual: 1500,
    });
    await Promise.all(appendAll(second, 1500, 1600));
    await second.close();
    const third = await reopen();
    sameCommits(
      t,
      await Array.fromAsync(third.read(none)),
      range(0, 1600).map((at) => commitAt(at)),
    );
    const collector = new Collector();
    third.subscribe(none, collector.listener);
    await collector.reach(1600);
    t.same(collector.seen, range(0, 1600));
    await third.close();
  });
}
