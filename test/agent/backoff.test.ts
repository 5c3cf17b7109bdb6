import fc from 'fast-check';
import t from 'tap';
import { deniedPause, firstAttempt, following, pause } from '../../src/agent/backoff.ts';
import type { Attempt, EndingKind } from '../../src/agent/backoff.ts';

const pauses = { firstMs: 500, maxMs: 30_000, deniedMs: 30_000 };
const chance = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
const kinds = fc.constantFrom<EndingKind>('lost', 'unreachable', 'denied');
const length = fc.integer({ min: 1, max: 9 });

t.test(
  'a pause is anything from nothing to a ceiling that doubles up to the longest',
  async (t) => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 5000 }), chance, (round, r) => {
        const ms = pause(round, pauses, () => r);
        return ms >= 0 && ms <= 30_000 && ms <= 500 * 2 ** round;
      }),
    );
    const almost = (): number => 0.999999;
    t.same(
      [0, 1, 2, 3, 5, 6, 7, 1000].map((round) => Math.round(pause(round, pauses, almost))),
      [500, 1000, 2000, 4000, 16000, 30000, 30000, 30000],
    );
    t.equal(
      pause(9, pauses, () => 0),
      0,
      'the jitter is full',
    );
  },
);

t.test('after a denial the agent waits long, but not for ever', async (t) => {
  fc.assert(
    fc.property(chance, (r) => {
      const ms = deniedPause(pauses, () => r);
      return ms >= 30_000 && ms <= 60_000;
    }),
  );
  t.pass();
});

t.test('every station of the list is tried within one round, whatever the endings', async (t) => {
  fc.assert(
    fc.property(length, fc.array(kinds, { minLength: 1, maxLength: 60 }), chance, (n, ends, r) => {
      const tried: number[] = [];
      let attempt: Attempt = firstAttempt;
      for (const end of ends) {
        tried.push(attempt.station);
        ({ attempt } = following(attempt, end, n, pauses, () => r));
        if (end === 'lost') tried.length = 0;
        const recent = tried.slice(-n);
        if (new Set(recent).size !== recent.length) return false;
        if (attempt.station < 0 || attempt.station >= n) return false;
      }
      return true;
    }),
  );
  t.pass();
});

t.test(
  'pauses are short until the whole list has failed, and then grow by the round',
  async (t) => {
    fc.assert(
      fc.property(length, fc.integer({ min: 1, max: 12 }), (stations, rounds) => {
        let attempt: Attempt = firstAttempt;
        for (let failure = 1; failure <= stations * rounds; failure += 1) {
          const next = following(attempt, 'unreachable', stations, pauses, () => 0.5);
          const wholeList = failure % stations === 0;
          const round = wholeList ? failure / stations - 1 : 0;
          if (next.pauseMs !== Math.min(30_000, 500 * 2 ** round) / 2) return false;
          attempt = next.attempt;
        }
        return true;
      }),
    );
    t.pass();
  },
);

t.test('a lost station is tried again first, and what failed before is forgotten', async (t) => {
  const next = following({ station: 1, failures: 40 }, 'lost', 3, pauses, () => 0.5);
  t.same(next, { attempt: { station: 1, failures: 0 }, pauseMs: 250 });
});

t.test('a denial by one station does not delay the next one of the list', async (t) => {
  const first = following(firstAttempt, 'denied', 2, pauses, () => 0.5);
  t.same(first, { attempt: { station: 1, failures: 1 }, pauseMs: 250 });
  const second = following(first.attempt, 'denied', 2, pauses, () => 0.5);
  t.same(second, { attempt: { station: 0, failures: 2 }, pauseMs: 45_000 });
});
