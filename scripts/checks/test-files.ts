/**
 * Runs test files and prints one TAP document of them all: `test-files.ts JOBS SECONDS FILE...`, so many at a
 * time, each for so long at most, with `TAP_TIMEOUT=0` for them all. The `tap` command does the same, but with loaders for coverage and mocks in
 * every test process: they double what starting costs, and keep Node's compile cache out.
 */

import t from 'tap';
import { joinPrograms } from './joined-programs.ts';

const [jobs, seconds, ...files] = process.argv.slice(2);
const joined = await joinPrograms();
t.jobs = Number(jobs);
for (const file of files)
  void t.spawn(process.execPath, [file], {
    name: file,
    buffered: true,
    env: { ...process.env, HALCYON_JOINED: joined, TAP_TIMEOUT: seconds },
    timeout: Number(seconds) * 1000,
  });
