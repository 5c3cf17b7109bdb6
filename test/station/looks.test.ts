/** Looks at OBMs behind requests: shared, bounded, and ended with the station. */

import t from 'tap';
import { lookingLimits } from '../../src/station/fair-use/shares.ts';
import { Looks } from '../../src/station/obm/looks.ts';
import { HandTime } from './hand-time.ts';

const looksIn = (time: HandTime, perSecond = 99_999): Looks =>
  new Looks({ time, perSecond: () => perSecond, freshMs: () => 5_000 });

t.test(
  'no more looks are under way than may be, and what is asked is answered all the same',
  async (t) => {
    const looks = looksIn(new HandTime());
    const hanging = (signal: AbortSignal): Promise<void> =>
      new Promise((_, reject) => {
        signal.addEventListener('abort', () => reject(new Error('ended')));
      });
    for (let i = 0; i < lookingLimits.each; i += 1)
      t.ok(looks.want(`n${i}`, 'power', 'token:1', hanging));
    t.equal(looks.want('another', 'power', 'token:1', hanging), null);
    t.ok(looks.want('another', 'power', 'token:2', hanging), 'others have theirs');
    t.ok(looks.want('another', 'power', 'token:1', hanging), 'who joins takes no place');
    await looks.stop();
    t.equal(looks.underWay('another', 'power'), null, 'all end with the station');
  },
);

t.test('one look serves all, and the next one is not so soon', async (t) => {
  const time = new HandTime();
  const looks = looksIn(time);
  let times = 0;
  const look = async (): Promise<void> => {
    times += 1;
  };
  const first = looks.want('0', 'power', 'token:1', look);
  t.equal(looks.want('0', 'power', 'token:2', look), first);
  await first;
  t.equal(looks.want('0', 'power', 'token:1', look), null);
  await looks.want('0', 'identity', 'token:1', look);
  await time.pass(5_001);
  await looks.want('0', 'power', 'token:1', look);
  t.equal(times, 3);
});
