/** So often at once, then at a pace, for each apart. */

import t from 'tap';
import { Paces } from '../../src/obm/paces.ts';
import { systemTime } from '../../src/obm/time.ts';

t.test('each may do it so often at once, and then once in a while', async (t) => {
  let now = 1_000;
  const time = { ...systemTime, monotonic: () => now };
  const paces = new Paces(time, { burst: 3, everyMs: 100, keysMax: 2 });
  const takes = (key: string, times: number): boolean[] =>
    Array.from({ length: times }, () => paces.take(key));
  t.same(takes('a', 4), [true, true, true, false]);
  t.same(takes('b', 1), [true], 'who is another is not held up');
  now += 99;
  t.same(takes('a', 1), [false], 'to be refused costs nothing');
  now += 1;
  t.same(takes('a', 2), [true, false]);
  now += 10_000;
  t.same(takes('a', 4), [true, true, true, false], 'no more than at first, however long he waited');
  takes('b', 1);
  takes('c', 1);
  t.same(takes('a', 1), [true], 'who did it longest ago is forgotten');
});
