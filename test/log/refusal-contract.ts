/** What every driver must do whose storage can be told to refuse commits. */

import type { Test } from 'tap';
import { revision } from '../../src/core/values/revision.ts';
import { Collector } from './collector.ts';
import { appendAll, codeOf, commitAt, range, sameCommits } from './contract.ts';
import type { OpenLog } from './contract.ts';

export interface RefusingLog extends OpenLog {
  /** Makes the storage refuse commits, as a full disk does, until it is mended. */
  readonly breakStorage: () => void;
  readonly mendStorage: () => void;
}

const none = revision(0);

export function refusalContract(
  t: Test,
  name: string,
  open: (t: Test) => Promise<RefusingLog>,
): void {
  t.test(
    `${name}: a refused append takes those behind it along, and then it goes on`,
    async (t) => {
      const { log, breakStorage, mendStorage, reopen } = await open(t);
      await Promise.all(appendAll(log, 0, 10));
      const collector = new Collector();
      log.subscribe(none, collector.listener);
      breakStorage();
      const codes = await Promise.all(appendAll(log, 10, 400, 'refused').map(codeOf));
      t.same(new Set(codes), new Set(['append-failed']));
      t.equal(log.head(), 10);
      const again = appendAll(log, 10, 20, 'refused').map(codeOf);
      t.same(new Set(await Promise.all(again)), new Set(['append-failed']), 'it stays refused');
      mendStorage();
      await Promise.all(appendAll(log, 10, 30, 'kept'));
      await collector.reach(30);
      t.same(collector.seen, range(0, 30), 'listeners hear nothing of what was refused');
      await log.close();
      const reopened = await reopen();
      const expected = range(0, 30).map((at) => commitAt(at, at > 10 ? 'kept' : undefined));
      sameCommits(t, await Array.fromAsync(reopened.read(none)), expected);
      await reopened.close();
    },
  );

  t.test(`${name}: appends may follow in the very turn that a refusal is heard`, async (t) => {
    const { log, breakStorage, mendStorage } = await open(t);
    breakStorage();
    const refused = appendAll(log, 0, 300);
    const behind = Promise.allSettled(refused);
    await t.rejects(refused[0] as Promise<void>, { code: 'append-failed' });
    mendStorage();
    await Promise.all(appendAll(log, 0, 300, 'second try'));
    await behind;
    t.same(await Array.fromAsync(log.read(revision(299))), [commitAt(300, 'second try')]);
    await log.close();
  });
}
