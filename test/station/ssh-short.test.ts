/** A station that is short of descriptors when it has to run ssh. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import t from 'tap';
import type { SshStep } from '../../src/core/values/recovery-policy.ts';
import { runSsh } from '../../src/station/duties/ssh-client.ts';
import { systemTime } from '../../src/station/time.ts';

const step: SshStep = {
  kind: 'ssh',
  command: 'true',
  user: null,
  port: 1,
  identity_file: null,
  known_hosts_file: '/dev/null',
  host_keys: 'strict',
  timeout: 60,
  times: 1,
};

t.test('that it cannot run ssh says nothing about the host: it is tried again', async (t) => {
  // Takes the descriptors away when it is told so, and gives them back when its input ends.
  const script = `read -r go; prlimit --pid=${process.pid} --nofile=3:; echo taken; cat >/dev/null; prlimit --pid=${process.pid} --nofile=4096:`;
  const helper = spawn('sh', ['-c', script], { stdio: ['pipe', 'pipe', 'inherit'] });
  const taken = once(helper.stdout, 'data');
  helper.stdin.write('go\n');
  await taken;
  const { signal } = new AbortController();
  const result = runSsh(step, '127.0.0.1', null, {
    ...{ time: systemTime, signal },
    mustStand: () => undefined,
  });
  // It has failed at once where it does not wait.
  const early = await Promise.race([result, new Promise((resolve) => setTimeout(resolve, 1_000))]);
  helper.stdin.end();
  await once(helper, 'exit');
  t.equal(early, undefined);
  const { ok, detail } = await result;
  t.notOk(ok);
  t.match(detail, /^ssh failed: .*port 1/, 'ssh was run, and nobody was there');
});
