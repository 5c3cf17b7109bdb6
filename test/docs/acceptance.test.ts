/** docs/acceptance.md names every case, and only tests that exist. */

import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import t from 'tap';

const page = join(import.meta.dirname, '..', '..', 'docs', 'acceptance.md');
const cases =
  'T01 T01b T02 T03 T04 T05 T06 T08 T09 T10 T13 T14 T15 T16 T18 T19 T20 T23 T24 T25 T26 T26b T27 T28 ' +
  'T29 T30 T31 T32 T34 T36 T37 T38 T39 T40 T41 T42 T44 T45 T47 T48 T49 T51 T52 T53 T54 T55 T56 T57 ' +
  'T60 T61 T62 T63 T65 T66 T67 T69 T70';
/** What a row says that names no test. */
const reasons = /^(Ours differs: |Needs several stations)/;

interface Row {
  readonly id: string;
  readonly proof: string;
}

const rows = readFileSync(page, 'utf8')
  .split('\n')
  .filter((line) => /^\| T\d/.test(line))
  .map((line): Row => {
    const [, id = '', , proof = ''] = line.split('|').map((cell) => cell.trim());
    return { id, proof };
  });

/** The tests that a row names, as file and title. */
const namedIn = (proof: string): { file: string; title: string }[] =>
  [...proof.matchAll(/\[[^\]]+\]\(([^)]+)\): ((?:“[^”]+”(?:; )?)+)/g)].flatMap(
    ([, file = '', titles = '']) =>
      [...titles.matchAll(/“([^”]+)”/g)].map(([, title = '']) => ({ file, title })),
  );

/** Titles of the tests of a file that carry the number of a case. */
const titlesOf = (file: string, id: string): string[] => {
  const text = readFileSync(join(dirname(page), file), 'utf8');
  return [...text.matchAll(/\w\(\s*(['"`])((?:T\d+b?(?:, )?)+): (.*?)\1,/gs)]
    .filter(([, , numbers = '']) => numbers.split(', ').includes(id))
    .map(([, , , title = '']) => title);
};

t.test('every case has its row, once and in order', async (t) => {
  t.same(
    rows.map(({ id }) => id),
    cases.split(' '),
  );
});

t.test('every row names tests that exist and carry its number, or a reason', async (t) => {
  for (const { id, proof } of rows) {
    const named = namedIn(proof);
    if (named.length === 0) t.match(proof, reasons, id);
    for (const { file, title } of named) t.ok(titlesOf(file, id).includes(title), `${id} ${title}`);
  }
});
