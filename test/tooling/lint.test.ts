/** The linter, over a small checkout with the settings of this one. */

import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import t from 'tap';

const root = join(import.meta.dirname, '..', '..');
const inCore = {
  'now.ts': 'export const now = Date.now();',
  'random.ts': 'export const x = Math.random();',
  'host.ts': "export const host = process.env['HOST'];",
  'timer.ts': 'setTimeout(f, 1);',
  'async.ts': 'export async function f(): Promise<void> {}',
  'async-arrow.ts': 'export const g = async () => 1;',
  'await.ts': 'export const h = await 1;',
  'for-await.ts': 'export const x = [];\nfor await (const y of x) f(y);',
  'promise.ts': 'export const p = Promise.resolve(1);',
  'id.ts': 'export const id = crypto.randomUUID();',
  't0.ts': 'export const t0 = performance.now();',
  'less.ts': "export const less = 'a'.localeCompare('b');",
  'import.ts': "export const m = import('./pure.ts');",
  'me.ts': 'export const me = import.meta.url;',
};
const forgotten = 'export function f(): void {\n  Promise.resolve(1);\n}\n';
const mistaken: Readonly<Record<string, readonly [text: string, rule: RegExp]>> = {
  ...Object.fromEntries(
    Object.entries(inCore).map(([name, text]) => [
      `src/core/values/${name}`,
      [text, /no-restricted-(globals|properties)|never-waits/] as const,
    ]),
  ),
  'src/core/values/up.ts': ["import type { A } from '../events/a.ts';", /arrows/],
  'src/core/values/out.ts': ["export * from '../../log/log.ts';", /arrows/],
  'src/log/values.ts': ["import { A } from '../core/events/a.ts';", /arrows/],
  'src/station/early.ts': ['setTimeout(() => undefined, 1);', /no-restricted-globals/],
  'src/obm/early.ts': ["import { setTimeout } from 'node:timers/promises';", /restricted-imports/],
  'src/log/forgotten.ts': [forgotten, /no-floating-promises/],
  'src/web/page/forgotten.tsx': [forgotten, /no-floating-promises/],
  'test/forgotten.test.ts': [forgotten, /no-floating-promises/],
  'scripts/forgotten.ts': [forgotten, /no-floating-promises/],
  'src/log/any.ts': ['export const f = (x: any): string => x.y;', /no-unsafe-member-access/],
  'src/log/untold.ts': ['export const f = () => 1;', /explicit-module-boundary-types/],
  'src/log/equal.ts': ['export const f = (x: string): boolean => x == "";', /eqeqeq/],
  'src/log/cases.ts': [
    "export function f(x: 'a' | 'b'): void {\n  switch (x) {\n    case 'a':\n  }\n}\n",
    /switch-exhaustiveness-check/,
  ],
  'src/log/needless.ts': ['// oxlint-disable-next-line eqeqeq\nexport const one = 1;', /directive/],
  'src/log/says.ts': ["console.log('');", /no-console/],
  'src/log/default.ts': ['export default 1;', /no-restricted-exports/],
};
const right: Readonly<Record<string, string>> = {
  'src/core/values/pure.ts': 'export const sum = (a: number): number => Math.abs(a) + 1;\n',
  'src/core/events/a.ts': "import type { B } from '../values/b.ts';\nexport type A = B;\n",
  'src/core/values/b.ts': 'export type B = number;\n',
  'src/log/types.ts': "export type { A } from '../core/events/a.ts';\n",
  'src/station/time.ts': 'export const wait = (f: () => void): unknown => setTimeout(f, 1);\n',
  'src/cli/says.ts': "console.log('');\n",
  'test/x.test.ts': "import t from 'tap';\nt.test('x', async (t) => t.pass());\n",
};

t.test('every mistake is found where it is made, and nothing else', async (t) => {
  // What git ignores, as it does the folders of tests, is not linted.
  const place = mkdtempSync(join(tmpdir(), 'halcyon-lint-'));
  t.teardown(() => rmSync(place, { recursive: true }));
  const write = (file: string, text: string): void => {
    mkdirSync(dirname(join(place, file)), { recursive: true });
    writeFileSync(join(place, file), text);
  };
  symlinkSync(join(root, 'node_modules'), join(place, 'node_modules'));
  for (const [file, [text]] of Object.entries(mistaken)) write(file, text);
  for (const [file, text] of Object.entries(right)) write(file, text);
  write('oxlint.config.ts', `export { default } from '${join(root, 'oxlint.config.ts')}';\n`);
  const include = ['src', 'test', 'scripts'];
  const excluded = ['src/web/page'];
  write('tsconfig.json', JSON.stringify(settings('tsconfig.json', include, excluded)));
  const page = 'src/web/page/tsconfig.json';
  write(page, JSON.stringify(settings(page, ['.'], [])));

  const args = [
    join(root, 'node_modules', 'oxlint', 'bin', 'oxlint'),
    '--format',
    'json',
    ...include,
  ];
  const { stdout, stderr, status } = spawnSync(process.execPath, args, {
    cwd: place,
    encoding: 'utf8',
  });
  t.equal(status, 1, stderr);
  t.match(stdout, /^\{/, stderr);
  const found = Map.groupBy(
    (JSON.parse(stdout) as { diagnostics: { filename: string; code?: string; message: string }[] })
      .diagnostics,
    ({ filename }) => relative(place, join(place, filename)),
  );
  for (const [file, [text, rule]] of Object.entries(mistaken)) {
    const said = (found.get(file) ?? []).map(({ code, message }) => `${code ?? ''} ${message}`);
    t.ok(
      said.some((one) => rule.test(one)),
      `${file}: ${text}`,
      { said },
    );
  }
  for (const file of Object.keys(right)) t.same(found.get(file) ?? [], [], file);
});

/** Settings like those of this checkout, for files elsewhere. */
function settings(file: string, include: readonly string[], exclude: readonly string[]): object {
  return { extends: join(root, file), include, exclude };
}
