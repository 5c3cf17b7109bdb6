/** Nodesets: what they mean, what is refused, and that writing and reading them agree. */

import fc from 'fast-check';
import t from 'tap';
import {
  expandNodeset,
  foldNodeset,
  groupsIn,
  hostsMax,
  NodesetError,
  pick,
  UnknownGroupError,
} from '../../src/nodeset/nodeset.ts';
import type { Groups } from '../../src/nodeset/nodeset.ts';

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

t.test('34: errors say where, and no set is too large to refuse', async (t) => {
  const places: readonly (readonly [string, number])[] = [
    ['n[3-1]', 3],
    ['a,n[01-3]', 5],
    ['n[1,5-x]', 5],
    ['n1,,n2', 4],
    ['n1,n[1-3', 5],
    ['n[1-1000000000]', 3],
    ['a, n[1-100]m[1-1000]', 4],
    ['n1,n;2', 4],
  ];
  for (const [nodeset, position] of places)
    t.throws(() => expandNodeset(nodeset), { message: `(at character ${position})` }, nodeset);
  const heaped = Array.from({ length: 60_000 }, () => 'n[1-65000]').join(',');
  t.throws(() => expandNodeset(heaped), { message: /over and over/ });
});

const groups: Groups = {
  members: (group, source) => {
    if (group === 'gpu' && source !== 'empty') return ['g1', 'g2'];
    if (/^rack[12]$/.test(group)) return [`${group}n1`];
    if (group === 'savio2/htc') return ['h1'];
    if (source === 'empty') return [];
    throw new UnknownGroupError(`@${group}`, 'Did you mean "@gpu"?');
  },
  all: (source) => (source === 'empty' ? [] : ['g1', 'g2', 'h1', 'n1', 'n10']),
};

t.test('groups and wildcards are what a resolver says they are', async (t) => {
  const meanings: readonly (readonly [string, string])[] = [
    ['@gpu', 'g1 g2'],
    ['@facts:gpu,n1', 'g1 g2 n1'],
    ['@savio2/htc', 'h1'],
    ['@rack[1-2]', 'rack1n1 rack2n1'],
    ['@*!@gpu', 'h1 n1 n10'],
    ['@facts:*&@gpu', 'g1 g2'],
    ['n*', 'n1 n10'],
    ['n?', 'n1'],
    ['@empty:gpu,n1', 'n1'],
  ];
  for (const [nodeset, names] of meanings)
    t.equal(expandNodeset(nodeset, groups).join(' '), names, nodeset);
  t.throws(() => expandNodeset('n1,@gpuu', groups), {
    name: 'UnknownGroupError',
    message: /Did you mean/,
  });
  t.throws(() => expandNodeset('@empty:gpu', groups), { message: /no host is left/ });
  t.throws(() => expandNodeset('@', groups), { message: /names no group/ });
  t.same(
    groupsIn('n1,@gpu!@slurm:rack[1-2]&x*').map(({ text }) => text),
    ['@gpu', '@slurm:rack1', '@slurm:rack2', '@*'],
  );
});

t.test('names of a set can be picked by their place', async (t) => {
  const names = expandNodeset('n[1-12],a');
  t.same([...pick(names, '0,2-3')], ['a', 'n2', 'n3']);
  t.same([...pick(names, '11-100/1')], ['n11', 'n12']);
  t.throws(() => pick(names, 'x'), NodesetError);
});
