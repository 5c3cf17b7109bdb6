/**
 * Runs test files and prints one TAP document of them all: `test-files.ts LEAST-MOST SECONDS FILE...`, so many at a
 * time as the machine has room for, each for so long at most, with `TAP_TIMEOUT=0` for them all. A file is given as `FILE with NAME=VALUE`
 * where it is to run with something in its environment. The `tap` command does the same, but with loaders for coverage and mocks in
 * every test process: they double what starting costs, and keep Node's compile cache out.
 */

import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import t from 'tap';
import { joinPrograms } from './joined-programs.ts';
import { runInRoom } from './room.ts';

const [jobs = '', seconds, ...files] = process.argv.slice(2);
const [least = 1, most = least] = jobs.split('-').map(Number);
const joined = await joinPrograms();
// What the joined programs do not look at again; nothing is to be in the way of the document.
execFileSync(join(import.meta.dirname, '..', 'page'), ['--quiet'], { stdio: 'ignore' });
t.jobs = most;
await runInRoom(files, { least, most }, (given) => {
  const [file = '', setting = ''] = given.split(' with ');
  const [name = '', value] = setting.split('=');
  // By its options tap follows every process that a test starts, for coverage: that doubles what starting one costs.
  return t.spawn('/usr/bin/env', ['-u', 'NODE_OPTIONS', process.execPath, file], {
    name: given,
    buffered: true,
    env: {
      ...process.env,
      HALCYON_JOINED: joined,
      TAP_TIMEOUT: seconds,
      ...(value !== undefined && { [name]: value }),
    },
    timeout: Number(seconds) * 1000,
  });
});
