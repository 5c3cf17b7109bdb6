/** Test files run so many at a time as the machine has room for. */

import t from 'tap';
import { idleShare, runInRoom } from '../../scripts/checks/room.ts';
import type { Machine } from '../../scripts/checks/room.ts';

/** A machine of two cores, of which each that runs takes a part of one, for so many moments. */
const played = (takes: number, other: number) => {
  const times = { idle: 0, all: 0 };
  const running = new Map<() => void, number>();
  let most = 0;
  const machine: Machine = {
    times: () => ({ ...times }),
    pause: async (ms) => {
      const used = Math.min(1, running.size * takes + other);
      times.all += ms;
      times.idle += ms * (1 - used);
      for (const [end, left] of [...running])
        if (left > 1) running.set(end, left - 1);
        else {
          running.delete(end);
          end();
        }
    },
  };
  const begin = (moments: number): Promise<void> => {
    const { promise, resolve } = Promise.withResolvers<void>();
    running.set(resolve, moments);
    most = Math.max(most, running.size);
    return promise;
  };
  return { machine, begin, most: () => most };
};

const files = Array.from({ length: 40 }, (_, i) => 5 + (i % 7));
const bounds = { least: 2, most: 6 };

for (const [what, takes, other, most] of [
  ['that wait most of the time run as many at a time as may be', 0.01, 0, 6],
  ['that take half a core each run until the cores are busy', 0.25, 0, 4],
  ['that take a core each run by twos', 0.5, 0, 2],
  ['run by twos where something else keeps the cores busy', 0.01, 1, 2],
] as const)
  t.test(`files ${what}`, async (t) => {
    const { machine, begin, most: seen } = played(takes, other);
    const ended: number[] = [];
    await runInRoom(
      files,
      bounds,
      async (file) => {
        await begin(file);
        ended.push(file);
      },
      machine,
    );
    t.equal(seen(), most);
    t.same(ended.toSorted(), files.toSorted(), 'all have run, once');
  });

t.test('one that fails to begin is in the way of no other', async (t) => {
  const { machine } = played(0, 0);
  const begun: number[] = [];
  await runInRoom(
    [1, 2, 3],
    { least: 1, most: 1 },
    async (one) => {
      begun.push(one);
      throw new Error('no');
    },
    machine,
  );
  t.same(begun, [1, 2, 3]);
});

t.test('of no time at all no share was idle', (t) => {
  t.equal(idleShare({ idle: 5, all: 10 }, { idle: 5, all: 10 }), 0);
  t.equal(idleShare({ idle: 5, all: 10 }, { idle: 6, all: 14 }), 0.25);
  t.end();
});
