/** Commands on hosts by the system's ssh client, against a real sshd. */

import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import t from 'tap';
import { sshDefaults } from '../../src/core/values/recovery-policy.ts';
import type { SshStep } from '../../src/core/values/recovery-policy.ts';
import { runSsh, sshCommand } from '../../src/station/duties/ssh-client.ts';
import type { SshResult } from '../../src/station/duties/ssh-client.ts';
import { systemTime } from '../../src/station/time.ts';
import { until } from './harness.ts';
import { freePort, startSshd } from './sshd.ts';

const host = 'n1.example';
const sshd = await startSshd(t, [host]);
const { port, user, identity_file, known_hosts_file } = sshd;
const good: SshStep = { ...sshDefaults, port, user, identity_file, known_hosts_file };

const run = (
  change: Partial<SshStep>,
  fqdn: string = host,
  signal = new AbortController().signal,
): Promise<SshResult> =>
  runSsh({ ...good, ...change }, fqdn, '127.0.0.1', {
    ...{ time: systemTime, signal },
    mustStand: () => undefined,
  });

t.test('the shell of the host runs the command, and what it prints is told', async (t) => {
  t.same(await run({ command: 'echo "$((6 * 7))" && echo oh >&2' }), {
    ok: true,
    detail: 'ssh: exit code 0: 42\noh',
  });
});

t.test('a command that fails is told by its exit code', async (t) => {
  t.same(await run({ command: 'echo no such unit; exit 5' }), {
    ok: false,
    detail: 'ssh: exit code 5: no such unit',
  });
});

t.test('a host whose key is not known is not spoken to', async (t) => {
  const result = await run({ command: 'true' }, 'n2.example');
  t.match(result, { ok: false, detail: /^ssh failed: .*host key/is });
});

t.test('accept-new believes a key that is not known, once; a changed one never', async (t) => {
  const file = join(sshd.folder, 'new_hosts');
  const step = { command: 'true', host_keys: 'accept-new', known_hosts_file: file } as const;
  t.match(await run(step, 'localhost'), { ok: true });
  t.match(readFileSync(file, 'utf8'), / ssh-ed25519 /);
  const other = readFileSync(`${sshd.stranger}.pub`, 'utf8');
  writeFileSync(file, `localhost ${other}`);
  t.match(await run(step, 'localhost'), { ok: false, detail: /^ssh failed: / });
});

t.test('an address that an agent gave is not where an unknown key is believed', async (t) => {
  const file = join(sshd.folder, 'stood_in_hosts');
  const step = { command: 'echo here', host_keys: 'accept-new', known_hosts_file: file } as const;
  // Here 127.0.0.1 is another machine, whose address the agent of n3.invalid reported.
  const result = await run(step, 'n3.invalid');
  t.match(result, { ok: false, detail: /^ssh failed: .*resolve/is });
  t.notOk(existsSync(file), 'its key was not taken for that of n3.invalid');
});

t.test('what is no address never comes into the arguments', async (t) => {
  for (const address of ['-oProxyCommand=id', '127.0.0.1 -oProxyCommand=id', 'n2.example', ''])
    t.notMatch(sshCommand(good, host, address).join(' '), /HostName|ProxyCommand/);
  t.match(sshCommand(good, host, '::1').join(' '), 'HostName=::1');
  t.equal(sshCommand(good, host, '::1').at(-3), '--', 'nor can a name be an option');
});

t.test('nobody is asked for a password', async (t) => {
  const result = await run({ identity_file: sshd.stranger, command: 'true' });
  t.match(result, { ok: false, detail: /^ssh failed: .*Permission denied/s });
});

t.test('a host that does not answer is told as such', async (t) => {
  const result = await run({ port: await freePort(), command: 'true' });
  t.match(result, { ok: false, detail: /^ssh failed: .*Connection refused/s });
});

t.test('when its time is up it ends, on the host too', async (t) => {
  const begun = performance.now();
  const result = await run({ command: 'sleep 60', timeout: 1 });
  t.same(result, { ok: false, detail: 'ssh had not ended after 1 s' });
  t.ok(performance.now() - begun < 20_000);
});

t.test('of much output only the beginning is kept', async (t) => {
  const { ok, detail } = await run({ command: 'yes | head -c 5000000', timeout: 300 });
  t.ok(ok);
  t.ok(detail.length < 1100, `${detail.length} characters`);
});

t.test('what the station knows of secrets does not go to the host', async (t) => {
  process.env['HALCYON_TOKEN'] = 'hc_secret';
  t.teardown(() => delete process.env['HALCYON_TOKEN']);
  const { detail } = await run({ command: 'env' });
  t.match(detail, /HOME=/);
  t.notMatch(detail, /hc_secret/);
});

t.test('an address is no option: what is none is looked up by the name', async (t) => {
  const marker = join(sshd.folder, 'marker');
  const step = { ...good, command: 'true', timeout: 10 };
  const signal = new AbortController().signal;
  const result = await runSsh(step, host, `-oProxyCommand=touch ${marker}`, {
    ...{ time: systemTime, signal },
    mustStand: () => undefined,
  });
  t.match(result, { ok: false, detail: /^ssh failed|^ssh had not ended/ });
  t.notOk(existsSync(marker));
});

t.test('a station that ends does not wait for it', async (t) => {
  const closing = new AbortController();
  const result = run({ command: 'sleep 60' }, host, closing.signal);
  closing.abort();
  t.match(await result, { ok: false });
});

/** Whether a process runs: not where it has ended, and nobody has taken notice yet. */
const runs = (pid: number): boolean => {
  try {
    return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
};

t.test('what timeout has only just started ends with the station, too', async (t) => {
  // As timeout is for a moment: it has started something, and knows of no child that a signal is to be handed on to.
  const folder = join(sshd.folder, 'bin');
  const started = join(folder, 'started');
  const sleep = execFileSync('sh', ['-c', 'command -v sleep'], { encoding: 'utf8' }).trim();
  const script = `#!/bin/sh\n${sleep} 600 </dev/null >/dev/null 2>&1 &\necho $! >'${started}'\nwait\n`;
  mkdirSync(folder);
  writeFileSync(join(folder, 'timeout'), script, { mode: 0o755 });
  const path = process.env['PATH'];
  process.env['PATH'] = `${folder}${delimiter}${path}`;
  t.teardown(() => (process.env['PATH'] = path));
  const closing = new AbortController();
  const result = run({ command: 'true' }, host, closing.signal);
  const pidIn = (): string => (existsSync(started) ? readFileSync(started, 'utf8') : '');
  await until('it to have started something', () => pidIn().endsWith('\n'));
  const pid = Number(pidIn());
  t.teardown(() => runs(pid) && process.kill(pid));
  t.ok(runs(pid));
  closing.abort();
  t.match(await result, { ok: false, detail: 'ssh was ended with the station' });
  await until('it to end', () => !runs(pid));
});

t.test('where the station has ended already, nothing is run', async (t) => {
  const result = await run({ command: 'true' }, host, AbortSignal.abort());
  t.same(result, { ok: false, detail: 'ssh could not be run: the station ends' });
});
