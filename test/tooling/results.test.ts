import { Readable } from 'node:stream';
import t from 'tap';
import { readResults } from '../../scripts/checks/results.ts';
import type { TestResult } from '../../scripts/checks/results.ts';

interface Seen {
  readonly tests: readonly (readonly [path: string, passed: boolean])[];
  readonly files: readonly string[];
  readonly results: readonly TestResult[];
}

async function seen(tap: string): Promise<Seen> {
  const files: string[] = [];
  const results = await readResults(Readable.from([`TAP version 14\n${tap}`]), (told) =>
    files.push(
      `${told.file}: ${told.results.length}${told.seconds === undefined ? '' : `, ${told.seconds} s`}`,
    ),
  );
  return {
    tests: results.map(({ path, passed }) => [path.join(' > '), passed] as const),
    files,
    results,
  };
}

t.test('subtests without subtests are what is counted', async (t) => {
  const { tests, files } = await seen(`
# Subtest: a.test.ts
    # Subtest: outer
        # Subtest: one
            ok 1 - first
            ok 2 - second
            1..2
        ok 1 - one
        # Subtest: two
            not ok 1 - third
            1..1
        not ok 2 - two
        1..2
    not ok 1 - outer
    1..1
not ok 1 - a.test.ts # time=1500ms
# Subtest: b.test.ts
    ok 1 - bare assertion
    1..1
ok 2 - b.test.ts
1..2
`);
  t.same(tests, [
    ['a.test.ts > outer > one', true],
    ['a.test.ts > outer > two', false],
    ['b.test.ts', true],
  ]);
  t.same(files, ['a.test.ts: 2, 1.5 s', 'b.test.ts: 1']);
});

t.test('what fails beside a subtest that failed is told, too', async (t) => {
  const { tests, results } = await seen(`
# Subtest: a.test.ts
    # Subtest: outer
        not ok 1 - built
        # Subtest: inner
            not ok 1 - found
            1..1
        not ok 2 - inner
        1..2
    not ok 1 - outer
    1..1
not ok 1 - a.test.ts
1..1
`);
  t.same(tests, [
    ['a.test.ts > outer > inner', false],
    ['a.test.ts > outer', false],
  ]);
  t.match(results[1]?.detail, 'built failed');
});

t.test('subtests that ran beside others are counted like the rest', async (t) => {
  const { tests } = await seen(`
ok 1 - a.test.ts {
    ok 1 - inner {
        ok 1 - assertion
        1..1
    }
    1..1
}
1..1
`);
  t.same(tests, [['a.test.ts > inner', true]]);
});

t.test('a test that fails as a whole is one failure', async (t) => {
  const { tests, results } = await seen(`
# Subtest: a.test.ts
    # Subtest: one
        ok 1 - first
        1..1
    ok 1 - one
    1..1
not ok 1 - a.test.ts
  ---
  exitCode: 7
  ...
1..1
`);
  t.same(tests, [
    ['a.test.ts > one', true],
    ['a.test.ts', false],
  ]);
  t.match(results[1]?.detail, /exitCode: 7/);
});

t.test('what is skipped has not passed', async (t) => {
  const { tests, results } = await seen(`
# Subtest: a.test.ts
    # Subtest: one
        1..0 # no reason
    ok 1 - one # SKIP no reason
    1..1
ok 1 - a.test.ts
1..1
`);
  t.same(tests, [['a.test.ts > one', false]]);
  t.match(results[0]?.detail, /skipped/);
});

t.test('giving up is a failure', async (t) => {
  const { results } = await seen('Bail out! no disk\n');
  t.match(results, [{ passed: false, detail: /no disk/ }]);
});

t.test('an empty run has no results', async (t) => {
  const { tests } = await seen('1..0\n');
  t.same(tests, []);
});
