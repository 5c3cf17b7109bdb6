/** `scripts/node` in a checkout to which no Node.js was brought, as the machine has one of its own. */

import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import t from 'tap';
import { folderOf } from '../folder.ts';

const scripts = join(import.meta.dirname, '..', '..', 'scripts');

/** The scripts of a checkout, of which there may be several. */
const checkout = (folder: string): string => {
  const own = join(folder, 'scripts');
  mkdirSync(own, { recursive: true });
  mkdirSync(join(folder, 'src'));
  writeFileSync(join(folder, 'src', 'halctl.ts'), '');
  copyFileSync(join(scripts, 'node'), join(own, 'node'));
  return own;
};

/** What it runs says of its version. It is given up soon: what starts itself would go on. */
const versionBy = (
  folder: string,
  path: readonly string[],
): { readonly status: number | null; readonly out: string; readonly err: string } => {
  const env = { PATH: path.join(':') };
  const ran = spawnSync(join(folder, 'node'), ['--version'], { env, timeout: 60_000 });
  return { status: ran.status, out: String(ran.stdout), err: String(ran.stderr) };
};

t.test('the machine’s own is run, also where scripts of checkouts are on the PATH', async (t) => {
  const folder = folderOf(t);
  const [a, b] = [checkout(join(folder, 'a')), checkout(join(folder, 'b'))];
  const machine = dirname(process.execPath);
  for (const path of [[machine], [a, machine], [b, a, machine]])
    t.match(versionBy(a, [...path, '/usr/bin', '/bin']), {
      status: 0,
      out: `${process.version}\n`,
    });
});

t.test('where there is none, it says what to do', async (t) => {
  const folder = folderOf(t);
  const a = checkout(join(folder, 'a'));
  const tools = join(folder, 'tools');
  mkdirSync(tools);
  for (const name of ['sh', 'dirname', 'readlink'])
    symlinkSync(`/usr/bin/${name}`, join(tools, name));
  const { status, err } = versionBy(a, [a, tools]);
  t.equal(status, 1);
  t.match(err, /needs Node\.js 24 or newer \(found: none\); run .*\/a\/scripts\/setup/);
});
