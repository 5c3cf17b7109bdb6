import t from 'tap';
import { Rate } from '../../src/station/rate.ts';

t.test('a rate is that of the window, or of as long as is known', async (t) => {
  const rate = new Rate(10_000);
  t.equal(rate.perSecond(0, 0), 0);
  rate.sample(0, 0);
  t.equal(rate.perSecond(2_000, 10), 5);
  for (let at = 500; at <= 60_000; at += 500) rate.sample(at, at / 10);
  t.equal(rate.perSecond(60_000, 6_000), 100);
  for (let at = 60_500; at <= 120_000; at += 500) rate.sample(at, 6_000);
  t.equal(rate.perSecond(120_000, 6_000), 0, 'what was long ago does not count');
});
