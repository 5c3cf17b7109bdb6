/** Nodesets: what they mean, what is refused, and that writing and reading them agree. */

import fc from 'fast-check';
import t from 'tap';
import { expandNodeset, foldNodeset, hostsMax, NodesetError } from '../../src/nodeset/nodeset.ts';

const meanings: readonly (readonly [string, readonly string[]])[] = [
  ['n1', ['n1']],
  ['N1.Savio3', ['n1.savio3']],
  ['n[1-3]', ['n1', 'n2', 'n3']],
  ['n[0008-0011].savio3', ['n0008.savio3', 'n0009.savio3', 'n0010.savio3', 'n0011.savio3']],
  ['n[08-11,3]', ['n08', 'n09', 'n10', 'n11', 'n3']],
  ['n[98-101]', ['n98', 'n99', 'n100', 'n101']],
  ['n[01-02,01]', ['n01', 'n02']],
  ['r[1-2]n[1,3]', ['r1n1', 'r1n3', 'r2n1', 'r2n3']],
  ['n[1,[3-4,[7]]]', ['n1', 'n3', 'n4', 'n7']],
  ['n[0-20/10]', ['n0', 'n10', 'n20']],
  ['n[0-3/2]', ['n0', 'n2']],
  ['a, b ,c[1-2].x', ['a', 'b', 'c1.x', 'c2.x']],
  ['n[1-5]!n[2-3]', ['n1', 'n4', 'n5']],
  ['n[1-3]!n2,n2', ['n1', 'n3', 'n2']],
  ['[1-2]', ['1', '2']],
];

t.test('a nodeset means its hosts, in the order of writing and each once', async (t) => {
  for (const [nodeset, hosts] of meanings) t.same(expandNodeset(nodeset), hosts, nodeset);
});

const refusals: readonly (readonly [string, RegExp])[] = [
  ['', /empty/],
  [' ', /empty/],
  ['a,,b', /empty place/],
  ['n[]', /empty place/],
  ['n[1,]', /empty place/],
  ['n[1-3', /without its "\]"/],
  ['n1-3]', /without its "\["/],
  [`n${'['.repeat(9)}1${']'.repeat(9)}`, /more than 8 deep/],
  ['n[3-1]', /backwards; write 1-3/],
  ['n[1-3/0]', /step of 0/],
  ['n[a-c]', /neither a number/],
  ['n[1-]', /neither a number/],
  ['n[-1]', /neither a number/],
  ['n[1!2]', /"!" cannot/],
  ['n[1-010]', /padded in two ways/],
  ['n[001-10]', /padded in two ways/],
  ['n[1-999999999]', /more than 65,536 hosts/],
  ['n[0-65536]', /more than 65,536 hosts/],
  ['n[1-999]m[1-999]', /more than 65,536 hosts/],
  ['n[1-9999999999999999]', /15 digits/],
  ['n_1', /not the name of a host/],
  ['@group', /no group "@group"/],
  ['n1;reboot', /not the name of a host/],
  ['-n1', /not the name of a host/],
  [`${'n'.repeat(64)}`, /not the name of a host/],
  ['n1!n1', /no host is left/],
];

t.test('what is no nodeset is refused, with the reason', async (t) => {
  for (const [nodeset, reason] of refusals)
    t.throws(() => expandNodeset(nodeset), { message: reason }, nodeset);
});

t.test('the largest set is taken and one more is refused', async (t) => {
  t.equal(expandNodeset(`n[1-${hostsMax}]`).length, hostsMax);
  t.throws(() => expandNodeset(`n[1-${hostsMax}],m`), NodesetError);
});

t.test('hosts are written with their numbers in brackets', async (t) => {
  t.equal(foldNodeset([]), '');
  t.equal(foldNodeset(['n1']), 'n1');
  t.equal(foldNodeset(['n10', 'n9', 'n11']), 'n[9-11]');
  t.equal(
    foldNodeset(['n0001.savio3', 'n0002.savio3', 'n0004.savio3', 'login']),
    'login,n[0001-0002,0004].savio3',
  );
  t.equal(foldNodeset(['n1.a2', 'n2.a2', 'n1.a3']), 'n1.a[2-3],n2.a2');
});

const host = fc
  .tuple(
    fc.constantFrom('n', 'r1n', 'login', ''),
    fc.oneof(
      fc.nat({ max: 120 }).map(String),
      fc.nat({ max: 120 }).map((number) => String(number).padStart(3, '0')),
    ),
    fc.constantFrom('', '.savio3', '.a2.b'),
  )
  .map((parts) => parts.join(''));

t.test('what is written is read again as the same hosts', async () => {
  fc.assert(
    fc.property(fc.array(host, { minLength: 1, maxLength: 60 }), (hosts) => {
      const again = expandNodeset(foldNodeset(hosts));
      return again.toSorted().join() === [...new Set(hosts)].toSorted().join();
    }),
  );
});

t.test('any text is a nodeset or is refused by a NodesetError, and soon', async () => {
  const text = fc.oneof(
    fc.string({ maxLength: 40 }),
    fc.string({ unit: fc.constantFrom(...'n01289[]-,!/. '), maxLength: 40 }),
  );
  fc.assert(
    fc.property(text, (nodeset) => {
      try {
        return expandNodeset(nodeset).length > 0;
      } catch (error) {
        return error instanceof NodesetError;
      }
    }),
    { numRuns: 2000 },
  );
});
