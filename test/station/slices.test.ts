/** Small work that comes by the thousand: in its order, and no more of it in a turn than a slice holds. */

import { setImmediate as turn } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
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

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

t.test('what is done is let go, though something always waits', async (t) => {
  let now = 0;
  const slices = new Slices(() => now);
  const messages: WeakRef<Buffer>[] = [];
  let done = 0;
  const send = (): void => {
    const message = Buffer.alloc(64);
    messages.push(new WeakRef(message));
    slices.run(() => {
      done += 1;
      now += message.length / 64;
    });
  };
  for (let i = 0; i < 4 * sliceMs; i += 1) send();
  // As many come as are done: it is a queue all the time.
  for (let turns = 0; turns < 400; turns += 1) {
    for (let i = 0; i < sliceMs; i += 1) send();
    await turn();
    if (!slices.isOver) return t.fail('something waits');
  }
  t.ok(done > 2048, 'more than there are places for');
  await turn();
  collect();
  const held = messages.filter((message) => message.deref() !== undefined).length;
  const waiting = messages.length - done;
  t.ok(held <= waiting + 2 * sliceMs, `${held} are held, ${waiting} wait`);
  while (slices.isOver) await turn();
  t.equal(done, messages.length, 'each was done');
});
