/** Small work that comes by the thousand: in its order, and no more of it in a turn than a slice holds. */

import { setImmediate as turn } from 'node:timers/promises';
import t from 'tap';
import { Slices } from '../../src/station/fair-use/slices.ts';
import { sliceMs } from '../../src/station/fair-use/turns.ts';

t.test('little work is done at once, much of it a slice a turn, in its order', async (t) => {
  let now = 0;
  const slices = new Slices(() => now);
  const done: number[] = [];
  for (let i = 0; i < 50; i += 1)
    slices.run(() => {
      done.push(i);
      now += 1;
    });
  t.equal(done.length, sliceMs, 'a slice of it at once');
  t.ok(slices.isOver);
  for (let turns = 2; done.length < 50; turns += 1) {
    await turn();
    t.equal(done.length, Math.min(50, turns * sliceMs), 'a slice more');
  }
  t.same(
    done,
    done.toSorted((a, b) => a - b),
  );
  await turn();
  t.notOk(slices.isOver, 'what comes next is done at once again');
});

t.test('what comes while other work waits comes after it', async (t) => {
  let now = 0;
  const slices = new Slices(() => now);
  const done: string[] = [];
  slices.run(() => (now += sliceMs));
  slices.run(() => {
    done.push('first');
    slices.run(() => done.push('what it brought'));
  });
  slices.run(() => done.push('second'));
  t.same(done, []);
  while (done.length < 3) await turn();
  t.same(done, ['first', 'second', 'what it brought']);
});

t.test('one waits until its work is done, or hears how it failed', async (t) => {
  const slices = new Slices();
  let done = false;
  await slices.done(() => (done = true));
  t.ok(done);
  const failing = slices.done(() => {
    throw new Error('no');
  });
  await t.rejects(failing, { message: 'no' });
});
