/** Habits that neither the compiler nor the linter looks after. */

import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, extname, join, sep } from 'node:path';
import t from 'tap';

const root = join(import.meta.dirname, '..', '..');

const columnsMax = 130;
const linesMax = 400;
const vagueFolders = ['util', 'utils', 'helper', 'helpers', 'common', 'misc', 'shared', 'lib'];
// Written in halves, or this file would find itself.
const unfinished = new RegExp(
  `\\b(${['TO' + 'DO', 'FIX' + 'ME', 'XX' + 'X', 'HA' + 'CK'].join('|')})\\b`,
);

/** Files beneath a folder of the project, relative to the project, sorted. */
function filesIn(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .map((file) => join(folder, file))
    .filter((file) => statSync(join(root, file)).isFile())
    .filter((file) => !file.split(sep).includes('node_modules'))
    .sort();
}

function read(file: string): string {
  return readFileSync(join(root, file), 'utf8');
}

const sources = filesIn('src').filter((file) => file.endsWith('.ts'));
const program = [...sources, ...filesIn('test'), ...filesIn('scripts')];
const pages = [
  ...readdirSync(root).filter((file) => file.endsWith('.md')),
  ...filesIn('docs').filter((file) => file.endsWith('.md')),
];

t.test(`no line of src is longer than ${columnsMax} columns`, async (t) => {
  t.ok(sources.length > 0);
  const tooLong = sources.flatMap((file) =>
    read(file)
      .split('\n')
      .flatMap((line, index) => ([...line].length > columnsMax ? [`${file}:${index + 1}`] : [])),
  );
  t.same(tooLong, []);
});

t.test(`no file of src has more than ${linesMax} lines`, async (t) => {
  const tooLong = sources.filter((file) => read(file).split('\n').length - 1 > linesMax);
  t.same(tooLong, []);
});

t.test('nothing is left unfinished', async (t) => {
  for (const file of [...program, ...pages]) {
    t.notMatch(read(file), unfinished, file);
  }
});

t.test('no folder is a drawer for odds and ends', async (t) => {
  const folders = new Set(program.flatMap((file) => dirname(file).split(sep)));
  t.same(
    vagueFolders.filter((name) => folders.has(name)),
    [],
  );
});

t.test('every page has exactly one title', async (t) => {
  t.ok(pages.length > 0);
  for (const page of pages) {
    const titles = withoutCode(read(page)).match(/^# .+$/gm) ?? [];
    t.equal(titles.length, 1, `${page}: ${titles.join(' | ')}`);
  }
});

t.test('every link from a page to a file of the project leads somewhere', async (t) => {
  for (const page of pages) {
    for (const [, target = ''] of withoutCode(read(page)).matchAll(/\]\(([^)\s]+)\)/g)) {
      const path = target.split('#')[0] ?? '';
      if (path === '' || /^[a-z]+:/.test(path)) continue;
      t.ok(existsSync(join(root, dirname(page), path)), `${page} -> ${target}`);
    }
  }
});

t.test('every script is executable and says how it is run', async (t) => {
  const scripts = filesIn('scripts').filter((file) => extname(file) === '');
  t.ok(scripts.length > 0);
  for (const script of scripts) {
    t.ok((statSync(join(root, script)).mode & 0o111) !== 0, `${script} is executable`);
    t.match(read(script), /^#!\/(bin\/sh|bin\/bash|usr\/bin\/env \S+)\n/, script);
  }
});

/** A page without its fenced and inline code, in which `#` and brackets mean something else. */
function withoutCode(text: string): string {
  return text.replace(/^```[\s\S]*?^```/gm, '').replace(/`[^`\n]*`/g, '');
}
