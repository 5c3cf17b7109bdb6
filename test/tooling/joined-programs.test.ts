/** What tests start in place of `src/halcyon.ts` and `src/halctl.ts`. */

import { execFileSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import t from 'tap';
import { joinPrograms } from '../../scripts/checks/joined-programs.ts';

const scripts = join(import.meta.dirname, '..', '..', 'scripts');
const joined = await joinPrograms();

const said = (program: string, args: readonly string[], env: NodeJS.ProcessEnv): string =>
  execFileSync(join(scripts, program), args, {
    env: { ...process.env, HALCYON_JOINED: undefined, ...env },
    encoding: 'utf8',
  });

t.test('the joined programs say what the sources say', async (t) => {
  for (const [program, args] of [
    ['halcyon', ['--version']],
    ['halcyon', ['--help']],
    ['halctl', ['status', '--help']],
  ] as const)
    t.equal(said(program, args, { HALCYON_JOINED: joined }), said(program, args, {}));
});

t.test('a script runs the joined program where it is told to, and only there', async (t) => {
  const env = { NODE_OPTIONS: '--import "data:text/javascript,console.log(process.argv[1])"' };
  const started = (more: NodeJS.ProcessEnv): string =>
    said('halctl', ['--version'], { ...env, ...more }).split('\n')[0] ?? '';
  t.equal(started({ HALCYON_JOINED: joined }), join(joined, 'halctl.mjs'));
  t.equal(started({}), join(scripts, '..', 'src', 'halctl.ts'));
});

t.test('the same sources are joined once', async (t) => {
  t.equal(await joinPrograms(), joined);
  t.match(basename(joined), /^[0-9a-f]{32}$/);
  t.ok(existsSync(join(joined, 'halcyon.mjs')));
  t.equal(statSync(joined).mode & 0o055, 0o055, 'by whatever user');
});
