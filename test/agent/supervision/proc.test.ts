/** What /proc tells of processes, also in the moments in which it tells little. */

import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import type { Test } from 'tap';
import { carriers, runVariable, statOf, survey } from '../../../src/agent/supervision/proc.ts';
import { until } from './supervised-host.ts';

/** @returns its pid */
const started = (
  t: Test,
  file: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
): number => {
  const child = spawn(file, args, { env, detached: true, stdio: 'ignore' });
  t.teardown(() => child.kill('SIGKILL'));
  return child.pid!;
};

t.test('a process that becomes one program after the other is found at every look', async (t) => {
  const script = join(t.testdir({}), 'again');
  writeFileSync(script, '#!/bin/sh\nexec "$0"\n', { mode: 0o755 });
  const run = `0x7200000000000001:0x1:1:${process.pid.toString(16)}`;
  const pid = started(t, script, [], { [runVariable]: run });
  await until('it has its mark', () => carriers().has(run));
  const looks = Array.from({ length: 300 }, () => carriers().get(run)?.[0]?.pid);
  t.same(
    looks.filter((found) => found !== pid),
    [],
  );
});

t.test('a process without an environment is nobody’s, and is not waited for', async (t) => {
  const pid = started(t, '/bin/sleep', ['1000'], {});
  await until('it sleeps', () => statOf(pid)?.isBare);
  const { unseen } = await survey();
  t.notOk(unseen.some((one) => one.pid === pid));
});
