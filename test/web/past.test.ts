/** Moments as people write them, and where they are on a slider over the log. */

import t from 'tap';
import { isRevision, momentSaid } from '../../src/web/page/past/moment-text.ts';
import { momentAtPlace, outlineOf, placeOf } from '../../src/web/page/past/span.ts';

const now = Date.UTC(2026, 10, 27, 14);

t.test('a moment is written as a revision, a time or an age', async (t) => {
  const at = (text: string): string | undefined => {
    const said = momentSaid(text, now);
    return 'at' in said ? said.at : undefined;
  };
  t.equal(at(' 1742 '), '1742');
  t.equal(at('2026-11-27 13:05'), '2026-11-27T13:05:00Z');
  t.equal(at('2026-11-27'), '2026-11-27T00:00:00Z');
  t.equal(at('2026-11-27T13:05:07.5+01:00'), '2026-11-27T13:05:07.5+01:00');
  t.equal(at('1h30m ago'), '2026-11-27T12:30:00.000Z');
  for (const wrong of ['', 'yesterday', '12 ago', '2026-13-01', '2026-11-27 25:00', '-5'])
    t.equal(at(wrong), undefined, wrong);
  t.ok(isRevision('1742'));
  t.notOk(isRevision('1764252000000'));
});

t.test('each place of the slider is a revision, and the last one is now', async (t) => {
  const step = (until: number, revision: number, commits: number) => ({ until, revision, commits });
  const moments = {
    ...{ first: { revision: 1, at: 0 }, head: { revision: 9, at: 390 } },
    ...{ since: 100, until: 400, before: 2 },
    steps: [step(200, 2, 0), step(300, 8, 6), step(400, 9, 1)],
  };
  t.equal(momentAtPlace(moments, 0)?.revision, 2);
  t.equal(momentAtPlace(moments, 1)?.revision, 8);
  t.equal(momentAtPlace(moments, 3), null);
  t.equal(placeOf(moments, { revision: 5, time: 210 }), 1);
  t.equal(placeOf(moments, { revision: 9, time: 390 }), 2);
  t.equal(placeOf(moments, { revision: undefined, time: 300 }), 1);
  t.equal(placeOf(moments, { revision: 1, time: 50 }), undefined, 'before what it covers');
  const heights = [...outlineOf(moments).matchAll(/V([\d.]+)h/g)].map(([, top]) => 1 - Number(top));
  t.equal(heights[0], 0);
  t.equal(heights[1], 1);
  t.ok(heights[2]! > 0.15, 'one commit is seen beside many');
});
