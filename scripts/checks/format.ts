/**
 * Whether the code is laid out as prettier does it. To ask prettier about all of it costs a minute of processor time;
 * oxfmt lays out the same but for some types, at once, and what it would do otherwise is prettier's to judge.
 */

import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..', '..');
const run = (program: readonly string[], ...args: readonly string[]): [number | null, string] => {
  const path = join(root, 'node_modules', ...program);
  const { status, stdout, stderr, error } = spawnSync(process.execPath, [path, ...args], {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 64 << 20,
  });
  if (error) throw error;
  return [status, stdout + stderr];
};

const [status, said] = run(['oxfmt', 'bin', 'oxfmt'], '--list-different', '--threads=1', '.');
const files = said.trim() === '' ? [] : said.trim().split('\n');
if (status !== 0 && files.length === 0) throw new Error(`oxfmt ended with ${status ?? 'a signal'}`);
if (files.length > 0) {
  const [judged, why] = run(
    ['prettier', 'bin', 'prettier.cjs'],
    '--check',
    '--log-level',
    'warn',
    ...files,
  );
  console.error(why.trim());
  process.exitCode = judged ?? 1;
}
