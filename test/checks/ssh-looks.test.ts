/** Looks at machines over the real sshd. Numbers are those of the acceptance cases and field reports. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import t from 'tap';
import { readCheckFile } from '../../src/checks/settings/read.ts';
import type { CheckSettings } from '../../src/checks/settings/settings.ts';
import type { Found } from '../../src/checks/sweep/protocol.ts';
import { Sweeper } from '../../src/checks/sweep/sweeper.ts';
import { openStation, reported, until } from '../station/harness.ts';
import { startSshd } from './ssh/sshd.ts';

/** An account of this run alone: what other runs have left says nothing of it. */
const monitor = 60_000 + (process.pid % 5000);
const isSeen = new RegExp(`\\b${monitor}\\b`);

const sshd = await startSshd(t, {
  accounts: {
    chatty: { shell: '/bin/bash', home: { '.bashrc': 'echo Welcome to this node\n' } },
    monitor: { shell: '/bin/sh', uid: monitor },
  },
});

const byProbe = ['uptime', 'load', 'memory', 'df', 'df/tmp', 'users', 'dstate', 'clock'];

const settingsFor = (name: string, ssh: string[], checks: string): CheckSettings => {
  const known = join(sshd.folder, `known-${name}`);
  writeFileSync(known, ['n1', 'n2', 'n3'].map((host) => sshd.known(host)).join('\n'));
  const lines = [`known_hosts: [${known}]`, `keys: [${sshd.key}]`, 'address: 127.0.0.1', ...ssh];
  writeFileSync(join(sshd.folder, `${name}.yaml`), `${lines.join('\n')}\n`);
  const text = `ssh: ${join(sshd.folder, `${name}.yaml`)}\n${checks}`;
  return readCheckFile({ name: join(sshd.folder, 'checks.yaml'), text });
};

const df = 'df: {mounts: {tmp: {path: /tmp}}}\n';

const looking = (
  settings: CheckSettings,
): ((machine: string, checks: readonly string[]) => Promise<Map<string, Found>>) => {
  let found: Found[] = [];
  const tell = (some: readonly Found[]): void => void found.push(...some);
  const sweeper = new Sweeper({ settings, now: Date.now, tell });
  t.teardown(() => sweeper.close());
  return async (machine, checks) => {
    found = [];
    sweeper.look([{ machine, address: machine, checks }]);
    await until('all answers', () => found.length >= checks.length);
    return new Map(found.map((one) => [one.check, one]));
  };
};

t.test('one login answers all checks of a machine, and the next look keeps it', async (t) => {
  const checks = `checks: [ssh, ${byProbe.join(', ')}]\n${df}`;
  for (const user of ['plain', 'chatty']) {
    const look = looking(settingsFor(user, [`user: ${user}`, `port: ${sshd.port}`], checks));
    const first = await look('n1', ['ssh', ...byProbe]);
    t.match(first.get('ssh'), { verdict: 'ok', text: 'login works' });
    for (const id of byProbe)
      t.ok(['ok', 'warn'].includes(first.get(id)?.verdict ?? ''), `${id}: ${first.get(id)?.text}`);
    const again = await look('n1', ['ssh', ...byProbe]);
    t.match(again.get('ssh'), { verdict: 'ok', text: 'login works (connection kept)' });
  }
});

t.test('21: the account that looks is no user, however often it has looked', async (t) => {
  const settings = settingsFor(
    'monitor',
    ['user: monitor', `port: ${sshd.port}`],
    'checks: [users]',
  );
  const look = looking(settings);
  for (let looks = 0; looks < 3; looks += 1)
    t.notMatch((await look('n1', ['users'])).get('users')?.text, isSeen);
  const other = spawn('setpriv', ['--reuid', String(monitor), '--clear-groups', 'sleep', '1000']);
  t.teardown(() => other.kill());
  await once(other, 'spawn');
  await until(
    'it is another account',
    () => readFileSync(`/proc/${other.pid}/comm`, 'utf8') === 'sleep\n',
  );
  const users = (await look('n1', ['users'])).get('users');
  t.match(users, { verdict: 'ok', text: isSeen }, 'but what it runs otherwise is');
});

t.test(
  '19: what keeps from logging in is named, and what stands on it is skipped for that',
  async (t) => {
    const silent = createServer(() => undefined);
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    t.teardown(() => silent.close());
    const closed = createServer();
    await new Promise<void>((resolve) => closed.listen(0, '127.0.0.1', resolve));
    const { port: closedPort } = closed.address() as AddressInfo;
    await new Promise((resolve) => closed.close(resolve));
    const { port: silentPort } = silent.address() as AddressInfo;
    const checks = 'checks: [ssh, load]\ntimeouts: {ssh: 1}\n';
    const cases = [
      ['refused', [`port: ${closedPort}`], 'n1', 'fail'],
      ['no-banner', [`port: ${silentPort}`], 'n1', 'fail'],
      ['host-key-unknown', [`port: ${sshd.port}`], 'stranger', 'unknown'],
      ['dns', ["address: 'no-such-machine.invalid'"], 'n1', 'unknown'],
    ] as const;
    for (const [cause, lines, machine, verdict] of cases) {
      const settings = settingsFor(cause, ['user: plain'], checks);
      const file = join(sshd.folder, `${cause}.yaml`);
      const known = `known_hosts: [${join(sshd.folder, `known-${cause}`)}]`;
      const address = lines[0].startsWith('address') ? [] : ['address: 127.0.0.1'];
      writeFileSync(
        file,
        [known, `keys: [${sshd.key}]`, 'user: plain', ...address, ...lines].join('\n'),
      );
      const found = await looking(settings)(machine, ['ssh', 'load']);
      t.match(found.get('ssh'), { verdict, cause, value: null }, cause);
      t.match(found.get('load'), { verdict: 'skipped', cause }, cause);
    }
  },
);

t.test(
  'a command of the site that takes too long is unknown, and the others are answered',
  async (t) => {
    const checks =
      'checks: [uptime, slow]\ncommands: [{id: slow, command: sleep 60}]\ntimeouts: {slow: 1}\n';
    const look = looking(settingsFor('slow', ['user: plain', `port: ${sshd.port}`], checks));
    const found = await look('n2', ['uptime', 'slow']);
    t.match(found.get('slow'), { verdict: 'unknown', cause: 'timeout' });
    t.match(found.get('uptime'), { verdict: 'ok' });
  },
);

t.test('what a machine prints does nothing to a terminal', async (t) => {
  const command = "printf 'a\\\\033]0;x\\\\007b\\\\342\\\\200\\\\256c'";
  const checks = `checks: [odd]\ncommands: [{id: odd, command: "${command}"}]\n`;
  const look = looking(settingsFor('odd', ['user: plain', `port: ${sshd.port}`], checks));
  const { text } = (await look('n3', ['odd'])).get('odd')!;
  t.notMatch(text, /[\x00-\x1f\x7f-\x9f\u202e]/);
  t.match(text, /^ab/);
});

t.test('a station knows by ssh how its machines are', async (t) => {
  const checks = 'checks: [ssh, uptime]\nperiods: {ssh: 1, uptime: 1}\n';
  const settings = settingsFor('station', ['user: plain', `port: ${sshd.port}`], checks);
  const { ask, station } = await openStation(t, { checks: settings });
  await ask('POST', '/hosts', { fqdn: 'n1' });
  await ask('PUT', '/hosts/n1/facts', reported('127.0.0.1'));
  await until('its uptime', () => station.observations.of('n1', 'uptime'));
  t.match(station.observations.of('n1', 'ssh'), { verdict: 'ok' });
  t.match(station.observations.of('n1', 'uptime'), { verdict: 'ok' });
});
