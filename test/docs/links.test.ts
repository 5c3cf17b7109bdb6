/** Links between the pages lead somewhere. */

import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import t from 'tap';

const root = join(import.meta.dirname, '..', '..');
const pages = [...globSync('*.md', { cwd: root }), ...globSync('docs/**/*.md', { cwd: root })].map(
  (name) => join(root, name),
);

const withoutCode = (text: string): string => text.replace(/^```[^]*?^```$/gm, '');

/** The name that GitHub gives to a heading. */
const anchorOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replace(/[^\p{Letter}\p{Number}\s_-]/gu, '')
    .replace(/ /g, '-');

const anchorsOf = (path: string): ReadonlySet<string> => {
  const text = withoutCode(readFileSync(path, 'utf8'));
  return new Set([...text.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) => anchorOf(heading)));
};

const linksIn = (path: string): string[] => {
  const text = withoutCode(readFileSync(path, 'utf8'));
  return [...text.matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, link = '']) => link)
    .filter((link) => !/^https?:/.test(link));
};

for (const page of pages) {
  const links = linksIn(page);
  if (links.length === 0) continue;
  t.test(`the links of ${relative(root, page)}`, async (t) => {
    for (const link of links) {
      const [file = '', anchor] = link.split('#');
      const target = file === '' ? page : join(dirname(page), file);
      if (!existsSync(target)) t.fail(`${link} does not exist`);
      else if (anchor !== undefined)
        t.ok(anchorsOf(target).has(anchor), `${link} has no such heading`);
      else t.pass(link);
    }
  });
}

/** Files of the sources that a page names. */
const named = (path: string): Set<string> => {
  const names = readFileSync(path, 'utf8').matchAll(/`((?:src|test|scripts)\/[\w./-]+)`/g);
  return new Set([...names].map(([, name = '']) => name));
};

for (const page of ['docs/architecture.md', 'CONTRIBUTING.md'])
  t.test(`the files that ${page} names are there`, async (t) => {
    const names = named(join(root, page));
    t.ok(names.size > 5);
    for (const name of names) t.ok(existsSync(join(root, name)), name);
  });
