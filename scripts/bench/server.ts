/**
 * Servers as processes of their own, as users run them: a station, and Debian's etcd to compare
 * with.
 */

import { fork, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { createInterface } from 'node:readline';
import { join } from 'node:path';

const root = new URL('../../', import.meta.url).pathname;

export interface StationProcess {
  readonly url: string;
  /** Of an administrator; empty where the data were there before. */
  readonly token: string;
  readonly pid: number;
  stop(signal?: NodeJS.Signals): Promise<void>;
}

const stop = async (child: ChildProcess, signal: NodeJS.Signals = 'SIGTERM'): Promise<void> => {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill(signal);
  await once(child, 'exit');
};

/**
 * Starts a station on a free port of loopback, on the data in `station` below a directory; where
 * there are none, it makes them and a token.
 *
 * @param log descriptor of what takes the log
 * @param turns file that is told of its long turns; see `turn-probe.ts`
 */
export const startStation = async (
  directory: string,
  log: 'inherit' | number = 'inherit',
  turns?: string,
): Promise<StationProcess> => {
  const probe = `${process.env['NODE_OPTIONS'] ?? ''} --import ${join(import.meta.dirname, 'turn-probe.ts')}`;
  const probed = { ...process.env, NODE_OPTIONS: probe, HALCYON_BENCH_TURNS: turns };
  const isNew = !existsSync(join(directory, 'station'));
  const child = spawn(
    join(root, 'scripts/halcyon'),
    [
      'station',
      '--data',
      join(directory, 'station'),
      '--listen',
      '127.0.0.1:0',
      '--log-level',
      'warn',
    ],
    { stdio: ['ignore', 'pipe', log], env: turns === undefined ? process.env : probed },
  );
  let url = '';
  const parts = { pid: child.pid!, stop: (signal?: NodeJS.Signals) => stop(child, signal) };
  for await (const line of createInterface({ input: child.stdout! })) {
    url ||= /^listening on (.*)$/.exec(line)?.[1] ?? '';
    if (url && !isNew) return { url, token: '', ...parts };
    const token = /^bootstrap admin token: (.*)$/.exec(line)?.[1];
    if (token) return { url, token, ...parts };
  }
  throw new Error('the station did not start');
};

const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
};

/** Starts one etcd member. @throws a hint what to install */
export const startEtcd = async (
  directory: string,
): Promise<{ url: string; stop(): Promise<void> }> => {
  const [client, peer] = [await freePort(), await freePort()];
  const url = `http://127.0.0.1:${client}`;
  const peerUrl = `http://127.0.0.1:${peer}`;
  const child = spawn(
    'etcd',
    [
      ['--data-dir', join(directory, 'etcd')],
      ['--listen-client-urls', url],
      ['--advertise-client-urls', url],
      ['--listen-peer-urls', peerUrl],
      ['--initial-advertise-peer-urls', peerUrl],
      ['--initial-cluster', `default=${peerUrl}`],
      ['--logger', 'zap', '--log-level', 'error'],
    ].flat(),
    { stdio: 'ignore' },
  );
  child.once('error', () => {
    throw new Error('etcd is not installed; run: scripts/setup --bench');
  });
  const deadline = Date.now() + 10_000;
  for (;;) {
    const healthy = await fetch(`${url}/health`).then(
      (reply) => reply.ok,
      () => false,
    );
    if (healthy) return { url, stop: () => stop(child) };
    if (Date.now() > deadline) throw new Error('etcd did not start within 10 s');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
};

/** Starts the barest HTTP server there is in Node, as a process of its own too. */
export const startBareHttp = async (): Promise<{ url: string; stop(): void }> => {
  const child = fork(join(import.meta.dirname, 'bare-http.ts'));
  const [url] = (await once(child, 'message')) as [string];
  return { url, stop: () => child.disconnect() };
};
