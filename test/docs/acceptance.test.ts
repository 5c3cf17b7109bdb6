/** The pages of acceptance cases name every case, and only tests that exist. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';

interface Page {
  readonly name: string;
  readonly cases: readonly string[];
  /** What a row says that names no test. */
  readonly reasons: RegExp;
}

interface Row {
  readonly id: string;
  readonly proof: string;
}

const range = (prefix: string, from: number, to: number): string[] =>
  Array.from({ length: to - from + 1 }, (_, i) => `${prefix}${from + i}`);

const halon: Page = {
  name: 'acceptance.md',
  cases: (
    'T01 T01b T02 T03 T04 T05 T06 T08 T09 T10 T13 T14 T15 T16 T18 T19 T20 T23 T24 T25 T26 T26b T27 T28 ' +
    'T29 T30 T31 T32 T34 T36 T37 T38 T39 T40 T41 T42 T44 T45 T47 T48 T49 T51 T52 T53 T54 T55 T56 T57 ' +
    'T60 T61 T62 T63 T65 T66 T67 T69 T70'
  ).split(' '),
  reasons: /^(Ours differs: |Needs several stations)/,
};

const outOfBand: Page = {
  name: 'obm-acceptance.md',
  cases: [
    ...[...range('S', 1, 9), 'T1', 'T2'],
    ...(
      '1 2 3 4 5 6 7 9 10 13 14 15 16 17 18 19 21 22 23 25 26 27 28 29 30 31 32 33 34 35 36 37 38 39 ' +
      '40 42 43 44 45 47 48 49 50 52 53 54 55 56 57 59 60 61 62 63 64 65 67 68 69 71'
    ).split(' '),
    ...range('quirk ', 1, 14),
    ...[...range('case ', 1, 20), 'case 30'],
  ],
  reasons: /^(Ours differs: |Not yet)/,
};

const status: Page = {
  name: 'status-acceptance.md',
  cases: [
    ...(
      '1 2 4 5 6 7 9 10 11 12 13 14 15 17 19 20 21 22 23 24 25 26 27 28 29 30 31 32 33 34 35 37 38 39 41 42 43 ' +
      '44 46 47 48 50 51 52 53 55 56 57 58 60 61 63 64'
    ).split(' '),
    ...range('case ', 20, 27),
  ],
  reasons: /^(Ours differs: |Not yet|Needs the web page)/,
};

const folder = join(import.meta.dirname, '..', '..', 'docs');

const rowsOf = ({ name }: Page): Row[] =>
  readFileSync(join(folder, name), 'utf8')
    .split('\n')
    .filter((line) => /^\| [^|]*\d/.test(line))
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

const numbered = /\w\(\s*(['"`])((?:(?:case |quirk |[ST])?\d+b?(?:, )?)+): (.*?)\1,/gs;

/** Titles of the tests of a file that carry the number of a case. */
const titlesOf = (file: string, id: string): string[] => {
  const text = readFileSync(join(folder, file), 'utf8');
  return [...text.matchAll(numbered)]
    .filter(([, , numbers = '']) => numbers.split(', ').includes(id))
    .map(([, , , title = '']) => title);
};

for (const page of [halon, outOfBand, status]) {
  t.test(`${page.name}: every case has its row, once and in order`, async (t) => {
    t.same(
      rowsOf(page).map(({ id }) => id),
      page.cases,
    );
  });

  t.test(`${page.name}: every row names tests that carry its number, or a reason`, async (t) => {
    for (const { id, proof } of rowsOf(page)) {
      const named = namedIn(proof);
      if (named.length === 0) t.match(proof, page.reasons, id);
      for (const { file, title } of named)
        t.ok(titlesOf(file, id).includes(title), `${id} ${title}`);
    }
  });
}
