/** What `scripts/bench/compare` makes of what benchmarks print. */

import t from 'tap';
import { compare, comparisonTable, figuresOf } from '../../scripts/bench/comparison.ts';
import type { Measured } from '../../scripts/bench/comparison.ts';

const printed = (benchmark: string, figures: readonly object[]): string =>
  `\na table\nfigure  value\nBENCH ${JSON.stringify({ benchmark, figures })}\n`;

/** Runs of one figure. */
const runs = (unit: string, ...values: number[]): Measured[] =>
  values.map((value) => new Map([['b: f', { value, unit }]]));

t.test('the figures of a benchmark are in its BENCH lines', async (t) => {
  const output =
    printed('wire', [
      { name: 'NodeUp over HTTP', value: 900, unit: '/s', ratio: 2 },
      { name: 'NodeUp over HTTP', value: 900, unit: '/s', ratio: 0.5 },
    ]) + printed('reads', [{ name: 'p99', value: 12.5, unit: 'ms' }]);
  t.same(
    [...figuresOf(output)],
    [
      ['wire: NodeUp over HTTP', { value: 900, unit: '/s' }],
      ['reads: p99', { value: 12.5, unit: 'ms' }],
    ],
  );
  t.throws(() => figuresOf('it broke\n'), /no line that begins with BENCH/);
});

t.test('a flood has a figure for each thing that is measured beside it', async (t) => {
  const flood = { name: 'in quiet', asked: 7, healthP99: 3, commandP99: 9, memoryMiB: 300 };
  const output = printed('floods', [{ ...flood, failures: 0, restart: null, isMet: true }]);
  t.same(
    [...figuresOf(output)],
    [
      ['floods: in quiet, healthz p99', { value: 3, unit: 'ms' }],
      ['floods: in quiet, command p99', { value: 9, unit: 'ms' }],
      ['floods: in quiet, memory', { value: 300, unit: 'MiB' }],
    ],
    'a restart that never came is not measured, rather than quick',
  );
});

t.test('medians are compared, and above 1 is better whatever the unit', async (t) => {
  for (const [unit, before, after, ratio] of [
    ['/s', [100, 90, 5], [180, 1, 200], 2],
    ['ms', [100, 90, 5], [180, 1, 200], 0.5],
    ['MiB', [200], [100], 2],
  ] as const) {
    const [compared] = compare(runs(unit, ...before), runs(unit, ...after));
    t.equal(compared!.ratio, ratio, unit);
  }
});

t.test('what takes over 5 % longer, or comes at a rate as much lower, is slower', async (t) => {
  for (const [unit, before, after, isSlower] of [
    ['ms', 100, 104, false],
    ['ms', 100, 106, true],
    ['ms', 100, 50, false],
    ['/s', 106, 100, true],
    ['/s', 104, 100, false],
    ['/s', 100, 200, false],
  ] as const)
    t.equal(
      compare(runs(unit, before), runs(unit, after))[0]!.isSlower,
      isSlower,
      `${before} to ${after} ${unit}`,
    );
});

t.test('the spread is that of the version whose runs lie further apart', async (t) => {
  const [compared] = compare(runs('ms', 95, 100, 105), runs('ms', 80, 100, 120));
  t.equal(compared!.spread, 0.4);
  t.equal(compare(runs('ms', 95), runs('ms', 80))[0]!.spread, null, 'one run has none');
});

t.test('a figure of one version alone is shown, and is neither slower nor quicker', async (t) => {
  const compared = compare(
    [new Map([['b: gone', { value: 1, unit: 's' }]])],
    [new Map([['b: new', { value: 2, unit: 's' }]])],
  );
  t.match(compared, [
    { name: 'b: gone', before: 1, after: null, ratio: null, isSlower: false },
    { name: 'b: new', before: null, after: 2, ratio: null, isSlower: false },
  ]);
  t.match(comparisonTable(compared), /b: gone +1 s +not measured\n/);
});

t.test('the table marks what is slower', async (t) => {
  const table = comparisonTable(compare(runs('/s', 2000), runs('/s', 1000)));
  t.match(table, /^figure +before +after +ratio +spread\n/);
  t.match(table, /b: f +2,000 \/s +1,000 \/s +0\.50 +SLOWER$/);
});
