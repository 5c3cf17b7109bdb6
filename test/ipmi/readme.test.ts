/** The example of the library's page runs as it stands there, against a simulator. */

import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import t from 'tap';
import * as library from '../../src/ipmi/index.ts';
import { startSimulator } from './simulator.ts';

const root = join(import.meta.dirname, '..', '..', 'src', 'ipmi');
const page = readFileSync(join(root, 'README.md'), 'utf8');

t.test('the example prints what the page shows', async (t) => {
  const simulator = await startSimulator(t);
  const [, example = ''] = /```ts \{test\}\n([^]*?)```/.exec(page) ?? [];
  const [, shown] = /```text\n([^]*?)```/.exec(page) ?? [];
  const program = example
    .replace("'halcyon/ipmi'", `'${pathToFileURL(join(root, 'index.ts')).href}'`)
    .replace("host: 'n0001-bmc.example',", `host: '127.0.0.1', port: ${simulator.port},`);
  const file = join(simulator.folder, 'example.ts');
  writeFileSync(file, program);
  const { stdout } = await promisify(execFile)(process.execPath, [file], {
    env: { ...process.env, BMC_PASSWORD: 'operpw' },
  });
  t.equal(stdout, shown);
  t.same(simulator.executed, ['boot pxe', 'power 1']);
});

t.test('what the page names is exported', async (t) => {
  const [, functions = ''] = /## Commands\n([^]*?)## Consoles/.exec(page) ?? [];
  const rows = functions.split('\n').filter((line) => line.startsWith('| `'));
  const names = rows.flatMap((row) =>
    [...row.split('|')[1]!.matchAll(/`(\w+)/g)].map(([, name = '']) => name),
  );
  t.ok(names.length > 15);
  for (const name of names) t.ok(name in library, name);
});

t.test('every work-around has its line on the page', async (t) => {
  for (const name of library.workArounds)
    t.ok(page.includes(`| \`${name}\` (`) || page.includes(`| \`${name}\` |`), name);
});
