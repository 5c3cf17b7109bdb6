/**
 * A thousand consoles with output in one daemon: `halcyon obmd` beside ConMan, on the same machines, one after the other,
 * both with a log of each console.
 *
 *     scripts/node scripts/bench/console-daemons.ts [CONSOLES [SECONDS]]
 *
 * The machines are TCP servers of this process, which both connect to; what this process costs is not counted.
 */

import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as wait } from 'node:timers/promises';
import { report } from './report.ts';
import { withDirectory } from './station.ts';

const [, , consoles = '1000', seconds = '20'] = process.argv;
const [count, lasting] = [Number(consoles), Number(seconds) * 1000];
/** Of each console. */
const linesPerSecond = 5;
const line = Buffer.from(`${'x'.repeat(78)}\r\n`);
const root = join(import.meta.dirname, '..', '..');

/** The machines: whoever connects is at the console of one. */
class Machines {
  readonly sockets = new Set<Socket>();
  readonly #server = createServer((socket) => {
    this.sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => this.sockets.delete(socket));
    socket.resume();
  });

  async start(): Promise<string> {
    this.#server.listen(0, '127.0.0.1', count);
    await once(this.#server, 'listening');
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async connected(): Promise<void> {
    while (this.sockets.size < count) await wait(50);
  }

  /** Ten times a second a tenth of them, as many machines do on their own. */
  async talk(ms: number): Promise<void> {
    const until = performance.now() + ms;
    const all = [...this.sockets];
    for (let turn = 0; performance.now() < until; turn += 1) {
      for (let i = turn % 10; i < all.length; i += 10)
        for (let l = 0; l < linesPerSecond; l += 1) all[i]!.write(line);
      await wait(100);
    }
  }

  stop(): void {
    this.#server.close();
  }
}

/** Processor time that a process has used, ms. */
const cpuMs = (pid: number): number => {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * 10;
};

/** Memory that is its own, and its share of what it shares, KiB. */
const memoryKiB = (pid: number): number =>
  Number(/^Pss:\s*(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1]);

interface Cost {
  /** Share of one core. */
  readonly cpu: number;
  readonly memoryKiB: number;
  readonly loggedBytes: number;
}

const sizeOf = (directory: string): number =>
  readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.log'))
    .reduce((sum, { parentPath, name }) => sum + statSync(join(parentPath, name)).size, 0);

const costOf = async (machines: Machines, pid: number, logs: string): Promise<Cost> => {
  await machines.connected();
  // What connecting costs is not what is measured.
  await machines.talk(3_000);
  const [before, began, kept] = [cpuMs(pid), performance.now(), sizeOf(logs)];
  await machines.talk(lasting);
  const cpu = (cpuMs(pid) - before) / (performance.now() - began);
  await wait(2_000);
  return { cpu, memoryKiB: memoryKiB(pid), loggedBytes: sizeOf(logs) - kept };
};

const end = async (child: ChildProcess): Promise<void> => {
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  await ended;
};

const ofObmd = (directory: string): Promise<Cost> =>
  withMachines(async (machines, address) => {
    const data = join(directory, 'obmd');
    const args = ['obmd', '--data', data, '--listen', '127.0.0.1:0', '--poll', '0'];
    const child = spawn(join(root, 'scripts/halcyon'), [...args, '--log-level', 'error'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let [url, admin] = ['', ''];
    for await (const said of createInterface({ input: child.stdout })) {
      url ||= /^listening on (\S+)/.exec(said)?.[1] ?? '';
      admin ||= /^admin token: (\S+)/.exec(said)?.[1] ?? '';
      if (url && admin) break;
    }
    const authorization = `Basic ${Buffer.from(`admin:${admin}`).toString('base64')}`;
    for (let i = 0; i < count; i += 1) {
      const body = JSON.stringify({ type: 'dummy', info: { addr: address } });
      const { status } = await fetch(`${url}/node/n${i}`, {
        method: 'PUT',
        headers: { authorization },
        body,
      });
      if (status !== 200) throw new Error(`n${i} was not registered: ${status}`);
    }
    const cost = await costOf(machines, child.pid!, join(data, 'consoles'));
    await end(child);
    return cost;
  });

const ofConMan = (directory: string): Promise<Cost> =>
  withMachines(async (machines, address) => {
    const config = join(directory, 'conman.conf');
    const settings = [
      ...['keepalive=OFF', 'loopback=ON', 'port=7891', `logdir="${directory}"`],
      ...[`pidfile="${join(directory, 'conmand.pid')}"`, 'logfile="conmand"'],
    ];
    const lines = [
      ...settings.map((setting) => `server ${setting}`),
      'global log="%N.log"',
      ...Array.from({ length: count }, (_, i) => `console name="n${i}" dev="${address}"`),
    ];
    writeFileSync(config, `${lines.join('\n')}\n`);
    const child = spawn('conmand', ['-F', '-c', config], {
      stdio: 'ignore',
    });
    const cost = await costOf(machines, child.pid!, directory);
    await end(child);
    return cost;
  });

const withMachines = async (
  use: (machines: Machines, address: string) => Promise<Cost>,
): Promise<Cost> => {
  const machines = new Machines();
  const cost = await use(machines, await machines.start());
  machines.stop();
  return cost;
};

await withDirectory(async (directory) => {
  const ours = await withDirectory(ofObmd);
  const conman = await ofConMan(directory);
  for (const [name, { loggedBytes }] of Object.entries({ obmd: ours, ConMan: conman })) {
    const least = (count * linesPerSecond * line.length * lasting) / 1000;
    if (loggedBytes < 0.9 * least)
      throw new Error(`${name} has logged ${loggedBytes} of ${least} bytes`);
  }
  report(`${count} consoles, ${linesPerSecond} lines a second each, logged`, [
    {
      ...{ name: 'CPU of halcyon obmd', value: ours.cpu * 100, unit: '% of a core' },
      limit: { name: 'ConMan, %', value: conman.cpu * 100 },
    },
    {
      ...{ name: 'memory of a console', value: ours.memoryKiB / count, unit: 'KiB' },
      ...{ limit: { name: '1 MiB', value: 1024 }, target: { atMost: 1 } },
    },
    {
      ...{ name: 'memory of a console', value: ours.memoryKiB / count, unit: 'KiB' },
      limit: { name: 'ConMan, KiB', value: conman.memoryKiB / count },
    },
  ]);
});
