import fc from 'fast-check';
import t from 'tap';
import { parseSize } from '../../src/config/sizes.ts';

t.test('sizes are bytes, or a number with a unit', async (t) => {
  t.equal(parseSize(4096), 4096);
  t.equal(parseSize('4096'), 4096);
  t.equal(parseSize('16GiB'), 16 * 2 ** 30);
  t.equal(parseSize('1.5 KiB'), 1536);
  t.equal(parseSize('2TB'), 2e12);
  t.equal(parseSize('0'), 0);
});

t.test('what is not a whole number of bytes is no size', async (t) => {
  for (const bad of [
    '',
    '16Gb',
    '-1',
    '1.5',
    '0.3KB1',
    '1e3',
    'GiB',
    '9007199254740993',
    null,
    [],
    -1,
    1.5,
  ]) {
    t.equal(parseSize(bad), null, JSON.stringify(bad));
  }
});

t.test('any whole number of KiB is read exactly', async () => {
  fc.assert(fc.property(fc.nat({ max: 2 ** 40 }), (kib) => parseSize(`${kib}KiB`) === kib * 1024));
});
