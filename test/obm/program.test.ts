/** Programs that drivers run. */

import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import t from 'tap';

t.test('where no file can be opened any more a program is not run, and that is said', async (t) => {
  const script = join(import.meta.dirname, 'few-descriptors.ts');
  const args = ['--nofile=96:96', process.execPath, script];
  const { stdout } = await promisify(execFile)('prlimit', args);
  const ends = JSON.parse(stdout) as { free: number; program: string; console: string }[];
  t.match(ends[0], { free: 0, program: 'network', console: 'network' });
  t.match(ends.at(-1), { program: 'code 0' }, 'and all is well as soon as they can');
  for (const { free, program, console } of ends) {
    t.match(program, /^(network|code 0)$/, `${free} files are free`);
    t.match(console, /^(network|no-answer)$/, `${free} files are free`);
  }
});
