/** Machines have their turns once a period, spread over it. */

import fc from 'fast-check';
import t from 'tap';
import { Rota } from '../../src/checks/sweep/rota.ts';

const names = (count: number, prefix = 'n'): Set<string> =>
  new Set(Array.from({ length: count }, (_, i) => `${prefix}${i}`));

t.test('each machine has one turn in each period, however often one looks', async () => {
  const step = fc.integer({ min: 1, max: 9_000 });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 300 }), fc.array(step), (count, steps) => {
      const rota = new Rota(60_000, 250);
      rota.set(names(count));
      let now = 1_000_000;
      const turns = new Map<string, number[]>();
      rota.due(now);
      for (const ms of steps) {
        now += ms;
        for (const { machine, at } of rota.due(now)) {
          if (at > now) return false;
          turns.set(machine, [...(turns.get(machine) ?? []), at]);
        }
      }
      return [...turns.values()].every((all) =>
        all.every((at, i) => i === 0 || Math.round(at - all[i - 1]!) === 60_000),
      );
    }),
  );
});

t.test('ten thousand machines are spread evenly over the period', async (t) => {
  const rota = new Rota(60_000, 250);
  rota.set(names(10_000));
  rota.due(0);
  let most = 0;
  let all = 0;
  for (let now = 250; now <= 60_000; now += 250) {
    const { length } = rota.due(now);
    most = Math.max(most, length);
    all += length;
  }
  t.equal(all, 10_000);
  t.ok(most <= 42, `${most} at once`);
});

t.test('few machines are not all asked at the same moment', async (t) => {
  const rota = new Rota(60_000, 250);
  rota.set(names(4));
  rota.due(59_999);
  const moments: number[] = [];
  for (let now = 60_000; now < 120_000; now += 250)
    for (const { at } of rota.due(now)) moments.push(at - 60_000);
  t.same(moments, [0, 15_000, 30_000, 45_000]);
});

t.test('those that stay keep their turn, those that leave have none', async (t) => {
  const rota = new Rota(60_000, 250);
  rota.set(names(100));
  const turnsOf = (from: number): Map<string, number> => {
    rota.due(from - 1);
    return new Map(rota.due(from + 59_999).map(({ machine, at }) => [machine, at % 60_000]));
  };
  const before = turnsOf(60_000);
  const stay = new Set([...names(100)].filter((_, i) => i % 2 === 0));
  rota.set(new Set([...stay, 'constructor', '0']));
  const after = turnsOf(120_000);
  t.same([...after.keys()].sort(), [...stay, 'constructor', '0'].sort());
  for (const machine of stay) t.equal(after.get(machine), before.get(machine));
});

t.test('after a long pause each has one turn, not all that were missed', async (t) => {
  const rota = new Rota(10_000, 250);
  rota.set(names(50));
  rota.due(0);
  t.equal(rota.due(10_000_000).length, 50);
});
