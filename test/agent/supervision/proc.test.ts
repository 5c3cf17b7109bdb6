/** What /proc tells of processes, also in the moments in which it tells little. */

import { spawn } from 'node:child_process';
import t from 'tap';
import type { Test } from 'tap';
import { statOf, survey } from '../../../src/agent/supervision/proc.ts';
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

t.test('a process without an environment is nobody’s, and is not waited for', async (t) => {
  const pid = started(t, '/bin/sleep', ['1000'], {});
  await until('it sleeps', () => statOf(pid)?.isBare);
  const { unseen } = await survey();
  t.notOk(unseen.some((one) => one.pid === pid));
});
