/** Costly work in slices: one a turn of the event loop, principals one after the other. */

import { setImmediate as turn } from 'node:timers/promises';
import t from 'tap';
import { inTurns, sliceMs, Turns } from '../../src/station/fair-use/turns.ts';

const nobodyLeaves = new AbortController().signal;

/** Holds the event loop for a slice, as work without an end would. */
const busy = (): void => {
  const until = performance.now() + sliceMs;
  while (performance.now() < until);
};

t.test('much work of one delays little work of another by no more than a slice', async (t) => {
  const turns = new Turns();
  const done: string[] = [];
  const work = async (name: string, slices: number): Promise<void> => {
    const turn = await turns.begin(name, nobodyLeaves);
    for (let i = 0; i < slices; i += 1) {
      busy();
      done.push(name);
      if (turn.isOver) await turn.next();
    }
  };
  const greedy = Array.from({ length: 20 }, () => work('greedy', 3));
  await Promise.all([work('modest', 3), ...greedy]);
  const last = done.lastIndexOf('modest');
  t.ok(last <= 8, `after ${last} slices of both`);
  t.equal(done.length, 63);
});

t.test('others are served between two slices, however many work', async (t) => {
  const turns = new Turns();
  let [slices, most, since] = [0, 0, 0];
  const work = async (): Promise<void> => {
    const turn = await turns.begin('a', nobodyLeaves);
    for (let i = 0; i < 3; i += 1) {
      busy();
      slices += 1;
      since += 1;
      most = Math.max(most, since);
      await turn.next();
    }
  };
  const all = Promise.all(Array.from({ length: 10 }, work));
  while (slices < 30) {
    since = 0;
    await turn();
  }
  await all;
  t.equal(most, 1);
});

t.test('work whose asker has gone ends at its next turn', async (t) => {
  const turns = new Turns();
  const leaving = new AbortController();
  let steps = 0;
  const endless = (function* (): Generator<undefined, never> {
    for (;;) {
      steps += 1;
      yield;
    }
  })();
  const working = inTurns(await turns.begin('a', leaving.signal), endless);
  setImmediate(() => leaving.abort(new Error('gone')));
  await t.rejects(working, { message: 'gone' });
  t.ok(steps > 0);
  await t.rejects(turns.begin('a', leaving.signal), { message: 'gone' });
});
