/** Agents that are stopped, and hosts that go down. */

import { writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import t from 'tap';
import type { Test } from 'tap';
import { openStation } from '../station/harness.ts';
import type { InProcess } from '../station/harness.ts';
import { Executable } from './executable.ts';
import { content, PlayedStation, say, welcome } from './played-station.ts';
import { obstacle, SandboxedSystemd } from './supervision/sandboxed-systemd.ts';

const fqdn = 'n1.example';

/** One agent after the other, with one state directory. */
const agentOf = (t: Test, station: string, token: string, path = ''): Executable =>
  new Executable(
    t,
    [
      ...['agent', '--station', station, '--fqdn', fqdn, '--address', '127.0.0.9'],
      ...['--state-dir', join(t.testdirName, 'agent')],
    ],
    { HALCYON_TOKEN: token, PATH: `${path}:${process.env['PATH']}` },
  );

const listening = async (t: Test): Promise<{ opened: InProcess; url: string; token: string }> => {
  const opened = await openStation(t);
  await opened.app.listen({ host: '127.0.0.1', port: 0 });
  const { port } = opened.app.server.address() as AddressInfo;
  const token = await opened.tokenOf('agent', { host: fqdn });
  return { opened, url: `http://127.0.0.1:${port}`, token };
};

const hostOf = async ({ ask }: InProcess): Promise<unknown> =>
  (await ask('GET', `/hosts/${fqdn}`)).body;

t.test('SIGTERM alone takes no host down, SIGPWR says that it goes', async (t) => {
  const { opened, url, token } = await listening(t);
  const agent = agentOf(t, url, token);
  await agent.says(/took the report/);
  t.same(await agent.stop('SIGTERM'), { code: 0, signal: null });
  t.match(await hostOf(opened), { state: 'up' });
  const next = agentOf(t, url, token);
  await next.says(/took the report/);
  t.same(await next.stop('SIGPWR'), { code: 0, signal: null });
  t.match(await hostOf(opened), { state: 'down', reason: 'shut down' });
});

t.test('a station that does not know of it is told nothing', async (t) => {
  const station = await PlayedStation.open({ answer: content });
  t.teardown(async () => station.vanish());
  const agent = agentOf(t, station.url.href, 'a-token');
  await agent.says(/took the report/);
  t.same(await agent.stop('SIGPWR'), { code: 0, signal: null });
  t.same(station.messages('shutting-down'), []);
});

t.test('a station that does not answer keeps no host from going down', async (t) => {
  const station = await PlayedStation.open({
    answer: (message, socket) => {
      if (message.type === 'hello') say(socket, welcome(60_000, 3));
      else content(message, socket);
    },
  });
  t.teardown(async () => station.vanish());
  const agent = agentOf(t, station.url.href, 'a-token');
  await agent.says(/took the report/);
  t.same(await agent.stop('SIGPWR'), { code: 0, signal: null });
  t.equal(station.messages('shutting-down').length, 1);
});

const why = obstacle();
t.test('with systemd', { skip: why?.startsWith('only root') ? why : false }, async (t) => {
  if (why !== undefined) throw new Error(why);
  const systemd = new SandboxedSystemd();
  t.teardown(async () => systemd.stop());
  const unit = (name: string, text: string): void =>
    writeFileSync(join(dirname(systemd.sysconfigDir), 'units', name), text);
  // The way down takes as long as this service does.
  unit(
    'slow.service',
    '[Unit]\nDefaultDependencies=no\nConflicts=shutdown.target\nBefore=shutdown.target\n' +
      '[Service]\nType=oneshot\nRemainAfterExit=yes\nExecStart=/bin/true\n' +
      'ExecStop=/bin/sleep 1000\nTimeoutStopSec=infinity\n',
  );
  unit('shutdown.target', '[Unit]\nDefaultDependencies=no\n');
  await systemd.ready();
  systemd.call('daemon-reload');
  systemd.call('start', 'slow.service');
  const { opened, url, token } = await listening(t);

  const agent = agentOf(t, url, token, systemd.folder);
  await agent.says(/took the report/);
  t.same(await agent.stop('SIGTERM'), { code: 0, signal: null });
  t.match(await hostOf(opened), { state: 'up' }, 'the host stays');

  const last = agentOf(t, url, token, systemd.folder);
  await last.says(/took the report/);
  systemd.call('start', '--no-block', 'shutdown.target');
  t.same(await last.stop('SIGTERM'), { code: 0, signal: null });
  t.match(await hostOf(opened), { state: 'down', reason: 'shut down' }, 'the host goes');
});
