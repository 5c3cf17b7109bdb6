/** What OBMs told last stays at hand, within bounds, for whoever has the right by which it was read. */

import t from 'tap';
import { KeptReadings, keptReadingsBytesMax } from '../../src/station/obm/kept-readings.ts';

const parts = (bytes: number): { parts: { name: string; value: string }[] } => ({
  parts: [{ name: 'board', value: 'x'.repeat(bytes) }],
});

t.test('of what does not fit, what nobody has looked at longest goes', async (t) => {
  const kept = new KeptReadings();
  const third = Math.floor(keptReadingsBytesMax / 3) - 100;
  for (const host of ['a', 'b', 'c'])
    kept.put(host, 'inventory', { reading: parts(third), at: 1, epoch: 7 });
  t.ok(kept.get('a', 'inventory', 7));
  kept.put('d', 'inventory', { reading: parts(third), at: 2, epoch: 7 });
  const left = ['a', 'b', 'c', 'd'].filter((host) => kept.get(host, 'inventory', 7));
  t.same(left, ['a', 'c', 'd']);
});

t.test('by another right it is not known', async (t) => {
  const kept = new KeptReadings();
  kept.put('constructor', 'inventory', { reading: parts(1), at: 1, epoch: 7 });
  t.equal(kept.get('constructor', 'inventory', 8), undefined);
  t.match(kept.get('constructor', 'inventory', 7), { at: 1 });
  t.equal(kept.get('constructor', 'sensors', 7), undefined);
});
