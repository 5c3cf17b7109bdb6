/** Managed processes: starting 1,000 over 10 agents, coming back after a kill, memory of an agent. */

import { execFileSync, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Pool } from 'undici';
import { quantile, report } from './report.ts';
import { startStation } from './server.ts';
import { fqdn, withDirectory } from './station.ts';

const agents = 10;
const perAgent = 100;
const kills = 100;
const root = new URL('../../', import.meta.url).pathname;

const role = `- role: sleeper
  processes:
    - name: sleeper
      ownership: managed
      endpoint: "{{ lnid }}:12345:41:302"
      multiplicity: ${perAgent}
      command: [sleep, "3600"]
      ready: {alive: 0}
`;

/** How long the same processes take where nobody looks after them. */
const bareSpawn = async (): Promise<number> => {
  const started = performance.now();
  const children = Array.from({ length: agents * perAgent }, () =>
    spawn('sleep', ['3600'], { stdio: 'ignore', detached: true }),
  );
  await Promise.all(children.map((child) => once(child, 'spawn')));
  const ms = performance.now() - started;
  for (const child of children) child.kill('SIGKILL');
  return ms;
};

const residentMib = (pid: number): number =>
  Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;

/** The process that keeps what the processes of an agent write. */
const loggerOf = (stateDir: string): number =>
  Number(
    readdirSync('/proc').find((pid) => {
      try {
        const line = readFileSync(`/proc/${pid}/cmdline`, 'latin1');
        return line.includes(`\0${join(stateDir, 'pipes')}\0`);
      } catch {
        return false;
      }
    }),
  );

await withDirectory(async (directory) => {
  const station = await startStation(directory);
  const pool = new Pool(station.url, { connections: 4, headersTimeout: 0, bodyTimeout: 0 });
  const call = async (
    method: 'GET' | 'POST' | 'PUT',
    path: string,
    body?: object,
    headers: Record<string, string> = {},
  ): Promise<Record<string, unknown>> => {
    const reply = await pool.request({
      method,
      path: `/api/v1${path}`,
      headers: {
        authorization: `Bearer ${station.token}`,
        ...(body ? { 'content-type': 'application/json' } : {}),
        ...headers,
      },
      body: body ? JSON.stringify(body) : null,
    });
    const text = await reply.body.text();
    if (reply.statusCode >= 300) throw new Error(text);
    return JSON.parse(text) as Record<string, unknown>;
  };
  const tokenFile = join(directory, 'token');
  writeFileSync(tokenFile, station.token, { mode: 0o600 });
  mkdirSync(join(directory, 'sysconfig'));
  // From a checkout, the first start after a change has the compiler of the sources in its memory.
  execFileSync(join(root, 'scripts/halcyon'), ['agent', '--help']);
  const running: ChildProcess[] = Array.from({ length: agents }, (_, i) =>
    spawn(
      join(root, 'scripts/halcyon'),
      [
        ['agent', '--station', station.url, '--token-file', tokenFile, '--log-level', 'error'],
        ['--state-dir', join(directory, `agent${i}`), '--fqdn', fqdn(i)],
        ['--sysconfig-dir', join(directory, 'sysconfig'), '--address', `127.0.1.${i + 1}`],
      ].flat(),
      { stdio: ['ignore', 'ignore', 'inherit'] },
    ),
  );
  const isUp = async (): Promise<boolean> => {
    const { counts } = (await call('GET', '/status?summary=true')) as {
      counts: { hosts: { up: number } };
    };
    return counts.hosts.up === agents;
  };
  while (!(await isUp())) await new Promise((resolve) => setTimeout(resolve, 50));
  const idle = residentMib(running[0]!.pid!);

  await call('POST', '/load', {
    facts: { name: 'facts.yaml', text: 'cluster: bench\nhosts: []\n' },
    roles: [{ name: 'sleeper.yaml', text: role }],
  });
  for (let i = 0; i < agents; i += 1)
    await call('POST', '/processes', { host: fqdn(i), role: 'sleeper' });
  const bare = await bareSpawn();
  const started = performance.now();
  const operation = await call('POST', '/cluster/start', undefined, { prefer: 'wait=120' });
  const start = performance.now() - started;
  if (operation['state'] !== 'succeeded') throw new Error(JSON.stringify(operation));

  interface Row {
    fid: string;
    pid: number;
  }
  const logger = residentMib(loggerOf(join(directory, 'agent0')));
  const { items } = (await call('GET', `/processes?limit=${kills}`)) as { items: Row[] };
  const reactions: number[] = [];
  for (const { fid, pid } of items) {
    const killed = performance.now();
    process.kill(pid, 'SIGKILL');
    for (;;) {
      const now = (await call('GET', `/processes/${fid}`)) as unknown as Row;
      if (now.pid !== null && now.pid !== pid) break;
    }
    reactions.push(performance.now() - killed);
  }
  report('supervision', [
    {
      name: `start of ${agents * perAgent} processes over ${agents} agents`,
      value: start,
      unit: 'ms',
      limit: { name: 'bare spawn of the same, ms', value: bare },
      target: { atMost: 2 },
    },
    { name: 'from a death to the new process, p50', value: quantile(reactions, 0.5), unit: 'ms' },
    { name: 'from a death to the new process, p99', value: quantile(reactions, 0.99), unit: 'ms' },
    {
      name: 'memory of an idle agent',
      value: idle,
      unit: 'MiB',
      limit: { name: '80 MiB', value: 80 },
      target: { atMost: 1 },
    },
    { name: `memory of a logger of ${perAgent} processes`, value: logger, unit: 'MiB' },
  ]);
  await call('POST', '/cluster/stop', undefined, { prefer: 'wait=120' });
  for (const agent of running) {
    agent.kill('SIGTERM');
    await once(agent, 'exit');
  }
  await pool.close();
  await station.stop();
});
