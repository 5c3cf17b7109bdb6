/** Every limit has a test that goes one past it. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { limits } from '../../scripts/reference-limits.ts';
import { root } from '../station/harness.ts';

/** What a title is made of where it is not written out. */
const filled = (text: string): string => text.replaceAll(/\$\{\w+\}/g, '…');

/** The titles of all tests of a file. */
const titlesOf = (file: string): string[] => {
  const text = readFileSync(join(root, 'test', file), 'utf8');
  return [...text.matchAll(/\.test\(\s*(['"`])((?:(?!\1)[^\n])*)\1,/g)].map(([, , title = '']) =>
    filled(title),
  );
};

t.test('every row of the table of limits names a test that exists', async (t) => {
  const titles = new Map<string, string[]>();
  for (const { what, test } of limits) {
    const [file = '', title = ''] = test.split(/: (.*)/s);
    if (!titles.has(file)) titles.set(file, titlesOf(file));
    const known = titles.get(file)!;
    const pattern = known.some((one) => {
      const [before = '', after] = one.split('…');
      return after === undefined
        ? one === title
        : title.startsWith(before) && title.endsWith(after);
    });
    t.ok(pattern, `${what}: ${test}`);
  }
});

t.test('the table says of each thing one limit', async (t) => {
  t.same(limits.length, new Set(limits.map(({ what }) => what)).size);
});
