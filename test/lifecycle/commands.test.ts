/** Commands that misbehave, ports that are taken, disks that are full: each with a clear reason. */

import { existsSync, rmSync } from 'node:fs';
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import t from 'tap';
import type { Test } from 'tap';
import { Cluster, kill, until } from './cluster.ts';

const cluster = await Cluster.open(t, 1);
const [host] = cluster.hosts as [string];
t.afterEach(async () => cluster.clear());

/** Defines a role of one command; `port` is the one that it is ready at. */
const define = async (name: string, command: string[], port?: number): Promise<void> =>
  cluster.define(name, {
    command,
    ...(port === undefined ? {} : { endpoint: `127.0.0.1:${port}`, ready: { tcp: port } }),
  });

const shell = (script: string): string[] => ['sh', '-c', script];

/** Starts a process that cannot come up, and gives what halctl says of it. */
const failing = async (t: Test, role: string): Promise<string> => {
  const fid = await cluster.one(host, role);
  const { code, out } = await cluster.halctl(`cluster process start ${fid} --json`);
  t.equal(code, 1, out);
  t.equal((await cluster.process(fid)).state, 'failed');
  t.same(cluster.runs(fid), [], 'nothing of it is left');
  return (JSON.parse(out) as { failed: { reason: string }[] }).failed[0]!.reason;
};

t.test('a command that is not executable', async (t) => {
  await define('plain', ['/etc/passwd']);
  t.match(await failing(t, 'plain'), /command \/etc\/passwd is not executable/);
});

t.test('a command that ends at once', async (t) => {
  await define('brief', ['true'], 20_001);
  t.match(await failing(t, 'brief'), /exited with code 0 before it was ready/);
});

t.test('a command that is never ready', async (t) => {
  await define('never', ['sleep', '86400'], 20_002);
  t.teardown(() => cluster.client.setVars({ process_start_timeout: 180 }));
  await cluster.client.setVars({ process_start_timeout: 2 });
  t.match(await failing(t, 'never'), /not ready within 2 s/);
});

t.test('a command that forks away', async (t) => {
  await define('daemon', shell('setsid sleep 86400 & sleep 86400 & exit 0'), 20_003);
  t.match(await failing(t, 'daemon'), /exited with code 0/);
});

t.test(
  'a port that a stranger has: the process is not started, and is when it is free',
  async (t) => {
    const stranger = createServer((socket) => socket.end()).listen(0, '127.0.0.1');
    t.teardown(() => stranger.close());
    await once(stranger, 'listening');
    const { port } = stranger.address() as AddressInfo;
    const script = `require('net').createServer().listen(${port}, '127.0.0.1')`;
    await define('server', [process.execPath, '-e', script], port);
    const reason = await failing(t, 'server');
    t.match(reason, `another process accepts connections at 127.0.0.1 port ${port}`);
    stranger.close();
    const [{ fid } = { fid: '' }] = (await cluster.processes()).filter(
      ({ role }) => role === 'server',
    );
    await cluster.start(fid);
  },
);

t.test('a process that is halted is online, and can be stopped', async (t) => {
  const fid = await cluster.one(host, 'worker');
  kill(await cluster.start(fid), 'SIGSTOP');
  const { code, err } = await cluster.halctl(`cluster process stop ${fid}`);
  t.equal(code, 0, err);
  t.equal((await cluster.process(fid)).state, 'offline');
});

t.test('an agent that stands still for less than the timeout is missed by nobody', async (t) => {
  const fid = await cluster.one(host, 'worker');
  const pid = await cluster.start(fid);
  const head = await cluster.head();
  const agent = cluster.agents.get(host)!;
  kill(agent.pid, 'SIGSTOP');
  kill(pid);
  await new Promise((resolve) => setTimeout(resolve, 1500));
  kill(agent.pid, 'SIGCONT');
  await cluster.returns(fid, pid);
  t.equal(cluster.runs(fid).length, 1);
  const { events } = await cluster.client.listEvents({ from: head, types: ['NodeDown'] });
  t.same(events, []);
});

t.test(
  'a full disk: nothing is started without its environment file, and all when there is room',
  async (t) => {
    await cluster.killAgent(host);
    // In a mount namespace of its own: nobody else sees the small disk.
    const sysconfig = join(cluster.folder, 'sysconfig1');
    const script =
      'mount -t tmpfs -o size=16k tmpfs "$0" && head -c 16384 /dev/zero >"$0/ballast"; exec "$@"';
    const agent = cluster.launchAgent(host, ['unshare', '-rm', 'sh', '-c', script, sysconfig]);
    await agent.says(/the station took the report/);
    const reason = await failing(t, 'worker');
    t.match(reason, /environment file .* cannot be written: no space is left on the device/);
    const [{ fid } = { fid: '' }] = await cluster.processes();
    const seen = `/proc/${agent.pid}/root${sysconfig}`;
    t.notOk(existsSync(join(seen, `worker-${fid}`)));
    rmSync(join(seen, 'ballast'));
    const { code, err } = await cluster.halctl(`cluster process start ${fid}`);
    t.equal(code, 0, err);
    await until('it runs', () => cluster.runs(fid).length === 1);
    t.ok(existsSync(join(seen, `worker-${fid}`)));
    t.equal((await cluster.halctl(`cluster process stop ${fid}`)).code, 0);
    await cluster.killAgent(host);
    await cluster.startAgent(host);
  },
);
