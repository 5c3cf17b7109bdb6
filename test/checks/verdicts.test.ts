/** When a verdict is believed. Numbers are those of the acceptance cases of the fleet's status. */

import fc from 'fast-check';
import t from 'tap';
import { verdicts } from '../../src/checks/observation.ts';
import type { Verdict } from '../../src/checks/observation.ts';
import { judged, lately, looksKept, noLooks, rememberedLooks } from '../../src/checks/verdicts.ts';
import type { Damping, Judged, Looks } from '../../src/checks/verdicts.ts';

const play = (found: readonly Verdict[], damping?: Damping, start: Looks = noLooks): Judged[] => {
  let looks = start;
  return found.map((verdict) => {
    const result = judged(looks, verdict, damping);
    looks = result;
    return result;
  });
};

t.test('64: one bad look of three is soft, two are believed', async (t) => {
  const [, , bad, good] = play(['ok', 'ok', 'fail', 'ok']);
  t.match(bad, { confirmed: 'ok', soft: true, changed: false });
  t.match(good, { confirmed: 'ok', soft: false, changed: false });
  t.match(play(['ok', 'fail', 'ok', 'fail']).at(-1), {
    confirmed: 'fail',
    changed: true,
    soft: false,
  });
});

t.test('64: what changes all the time flaps, and what has settled does not', async (t) => {
  const found: Verdict[] = ['ok', 'fail', 'ok', 'fail', 'ok'];
  t.equal(play(found).at(-1)?.flapping, true);
  const settled = play([...found, ...Array.from({ length: looksKept }, (): Verdict => 'ok')]);
  t.match(settled.at(-1), { flapping: false, confirmed: 'ok' });
  t.equal(play(['ok', 'ok', 'fail', 'fail']).at(-1)?.flapping, false);
});

t.test(
  'the first look is believed where nothing is wrong, and waits for another where something is',
  async (t) => {
    t.match(play(['ok'])[0], { confirmed: 'ok', soft: false, changed: true });
    t.match(play(['skipped'])[0], { confirmed: 'skipped', soft: false });
    t.match(play(['fail'])[0], { confirmed: null, soft: true, changed: false });
    t.match(play(['fail', 'fail'])[1], { confirmed: 'fail', changed: true });
  },
);

t.test('a station that starts believes what was written down', async (t) => {
  const start = rememberedLooks('fail');
  t.match(play(['ok'], undefined, start)[0], { confirmed: 'fail', soft: true });
  t.match(play(['fail'], undefined, start)[0], { confirmed: 'fail', soft: false, changed: false });
});

const someVerdict = fc.constantFrom(...verdicts);
const someDamping: fc.Arbitrary<Damping> = fc
  .tuple(fc.integer({ min: 1, max: looksKept }), fc.nat(looksKept), fc.integer({ min: 1, max: 9 }))
  .map(([of, needed, flapsAt]) => ({ of, needed: Math.min(of, Math.max(1, needed)), flapsAt }));

t.test('what is believed was found as often as it must be, and is told once', async () => {
  fc.assert(
    fc.property(fc.array(someVerdict, { maxLength: 40 }), someDamping, (found, damping) => {
      const results = play(found, damping);
      let before: Verdict | null = null;
      for (const [i, { confirmed, changed, soft, ...looks }] of results.entries()) {
        const recent = found
          .slice(0, i + 1)
          .toReversed()
          .slice(0, looksKept);
        if (lately({ confirmed, ...looks }).join() !== recent.join()) return false;
        if (changed !== (confirmed !== before) || soft !== (confirmed !== found[i])) return false;
        if (changed && before !== null) {
          const agreeing = recent.slice(0, damping.of).filter((one) => one === confirmed);
          if (agreeing.length < damping.needed) return false;
        }
        before = confirmed;
      }
      return true;
    }),
  );
});

t.test('as many equal looks as are needed are always believed', async () => {
  fc.assert(
    fc.property(fc.array(someVerdict), someVerdict, someDamping, (found, last, damping) => {
      const end = Array.from({ length: damping.needed }, () => last);
      const { confirmed, soft } = play([...found, ...end], damping).at(-1)!;
      return confirmed === last && !soft;
    }),
  );
});
