/** What every log that several stations have open at once must do, besides what every log does. */

import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import type { Test } from 'tap';
import type { Commit } from '../../src/core/events/commit.ts';
import { revision } from '../../src/core/values/revision.ts';
import type { EventLog } from '../../src/log/log.ts';
import { appendAll, commitAt, range } from './contract.ts';

/** One storage, empty, opened twice. The test closes what it is given. */
export interface TwoHandles {
  readonly one: EventLog;
  readonly other: EventLog;
  /** Cuts `one` off from the storage, so that it can be known there, until `mend`. */
  readonly cut: () => void;
  readonly mend: () => void;
}

/** Longer than any driver's own deadlines and a busy machine take, ms. */
const patienceMs = 90_000;

/** Collects what is delivered, and waits until it has come to a revision. */
class Delivered {
  readonly commits: Commit[] = [];
  readonly #target = new EventTarget();

  constructor(log: EventLog, from = 0) {
    log.subscribe(revision(from), (commit) => {
      this.commits.push(commit);
      this.#target.dispatchEvent(new Event('commit'));
    });
  }

  get revisions(): number[] {
    return this.commits.map(({ revision }) => revision);
  }

  async reach(last: number): Promise<void> {
    const signal = AbortSignal.timeout(patienceMs);
    while ((this.commits.at(-1)?.revision ?? 0) < last)
      await once(this.#target, 'commit', { signal });
  }
}

/** Appends so many commits, each behind whatever is there, however often another is quicker. */
const competeFor = async (log: EventLog, count: number, note: string): Promise<void> => {
  for (let kept = 0; kept < count;) {
    const head = log.head();
    try {
      await log.append(commitAt(head + 1, `${note} ${kept}`), head);
      kept += 1;
    } catch (error) {
      const { code, actual } = error as { code?: string; actual?: number };
      if (code !== 'revision-conflict') throw error;
      // The head comes to where the conflict said it is.
      const deadline = Date.now() + patienceMs;
      while (log.head() < actual! && Date.now() < deadline) await pause(1);
    }
  }
};

const until = async (what: () => boolean): Promise<void> => {
  const deadline = Date.now() + patienceMs;
  while (!what() && Date.now() < deadline) await pause(20);
};

export function sharedLogContract(
  t: Test,
  name: string,
  open: (t: Test) => Promise<TwoHandles>,
): void {
  t.test(`${name}: what one appends is delivered to the other, in order, once`, async (t) => {
    const { one, other } = await open(t);
    const [early, late] = [new Delivered(other), new Delivered(one)];
    await Promise.all(appendAll(one, 0, 300));
    await early.reach(300);
    t.equal(other.head(), 300);
    await Promise.all(appendAll(other, 300, 400));
    await Promise.all([early.reach(400), late.reach(400)]);
    t.same(early.revisions, range(0, 400));
    t.same(late.revisions, range(0, 400));
    const all = await Array.fromAsync(one.read(revision(0)));
    t.same(all, early.commits);
    t.equal(await one.checksum(revision(400)), await other.checksum(revision(400)));
    await Promise.all([one.close(), other.close()]);
  });

  t.test(`${name}: of two that append at one place one is kept, and both go on`, async (t) => {
    const { one, other } = await open(t);
    const seen = [new Delivered(one), new Delivered(other)];
    await Promise.all([competeFor(one, 25, 'one'), competeFor(other, 25, 'other')]);
    await Promise.all(seen.map((delivered) => delivered.reach(50)));
    const [a, b] = seen;
    t.same(a!.revisions, range(0, 50));
    t.same(a!.commits, b!.commits);
    const notes = a!.commits.map(({ events }) => (events[0]!.data as { note: string }).note);
    for (const who of ['one', 'other'])
      t.same(
        notes.filter((note) => note.startsWith(`${who} `)),
        range(-1, 24).map((i) => `${who} ${i}`),
        `all of ${who}, in their order`,
      );
    await Promise.all([one.close(), other.close()]);
  });

  t.test(`${name}: a conflict says what is there, and takes along what is behind`, async (t) => {
    const { one, other } = await open(t);
    await Promise.all(appendAll(one, 0, 3, 'theirs'));
    // Whether it has heard of them or not; where it has, a fourth would rightly follow.
    const issued = await Promise.allSettled(appendAll(other, 0, 3, 'mine'));
    for (const ended of issued)
      t.match(ended, { status: 'rejected', reason: { code: 'revision-conflict' } });
    await until(() => other.head() === 3);
    await other.append(commitAt(4), revision(3));
    t.same(await Array.fromAsync(other.read(revision(0))), [
      ...range(0, 3).map((at) => commitAt(at, 'theirs')),
      commitAt(4),
    ]);
    await Promise.all([one.close(), other.close()]);
  });

  t.test(`${name}: a register is replaced by whoever has seen the last value`, async (t) => {
    const { one, other } = await open(t);
    const [mine, theirs] = [one, other].map((log) => log.shared!.register('lease'));
    t.equal(await mine!.read(), undefined);
    const first = await mine!.replace(0, Buffer.from([0, 1, 255]));
    t.type(first, 'number');
    t.equal(await theirs!.replace(0, Buffer.from('b')), undefined);
    t.same(await theirs!.read(), { version: first, value: Buffer.from([0, 1, 255]) });
    const second = await theirs!.replace(first!, Buffer.from('b'));
    t.not(second, first);
    t.equal(await mine!.replace(first!, Buffer.from('c')), undefined, 'the last value, not one');
    t.same(await mine!.read(), { version: second, value: Buffer.from('b') });
    t.equal(await one.shared!.register('secrets').read(), undefined, 'each has its own');
    await Promise.all([one.close(), other.close()]);
  });

  t.test(`${name}: of two that replace a register at once one does`, async (t) => {
    const { one, other } = await open(t);
    const registers = [one, other].map((log) => log.shared!.register('lease'));
    let seen = 0;
    for (let round = 0; round < 20; round += 1) {
      const put = await Promise.all(
        registers.map((register, i) => register.replace(seen, Buffer.from(`${round} ${i}`))),
      );
      const winners = put.flatMap((version, i) => (version === undefined ? [] : [i]));
      if (winners.length !== 1) t.fail(`round ${round}: ${winners.length} have replaced it`);
      const entry = await registers[0]!.read();
      t.same(entry, { version: put[winners[0]!], value: Buffer.from(`${round} ${winners[0]}`) });
      seen = entry!.version;
    }
    await Promise.all([one.close(), other.close()]);
  });

  t.test(`${name}: who is cut off says so, keeps his head, and comes back`, async (t) => {
    const { one, other, cut, mend } = await open(t);
    await Promise.all(appendAll(one, 0, 5));
    t.equal(one.shared!.trouble, undefined);
    const seen = new Delivered(one);
    await seen.reach(5);
    cut();
    await until(() => one.shared!.trouble !== undefined);
    t.type(one.shared!.trouble, 'string');
    t.equal(one.head(), 5);
    const ended = await one.append(commitAt(6, 'lost'), revision(5)).catch((error: Error) => error);
    t.match((ended as { code?: string }).code, /^(append-failed|outcome-unknown)$/);
    await t.rejects(one.shared!.register('lease').read(), { code: 'log-unavailable' });
    await until(() => other.head() === 5);
    await Promise.all(appendAll(other, 5, 9));
    mend();
    await seen.reach(9);
    t.same(seen.revisions, range(0, 9));
    await until(() => one.shared!.trouble === undefined);
    t.equal(one.shared!.trouble, undefined);
    await one.append(commitAt(10), revision(9));
    await Promise.all([one.close(), other.close()]);
  });
}
