/**
 * Consoles: CPU and memory of many with output in one process, what one can carry, and what a viewer
 * that stands still costs the others.
 *
 *     scripts/node scripts/bench/consoles.ts [CONSOLES [SECONDS]]
 */

import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { ConsoleHub } from '../../src/obm/console/hub.ts';
import type { Console } from '../../src/obm/console/console.ts';
import { Recordings } from '../../src/obm/console/recording/recordings.ts';
import { usualRecording } from '../../src/obm/console/recording/settings.ts';
import { usualSettings } from '../../src/obm/console/settings.ts';
import type { ViewerSink } from '../../src/obm/console/viewer.ts';
import type { ConsoleSink } from '../../src/obm/drivers/driver.ts';
import { systemRandom, systemTime } from '../../src/obm/time.ts';
import { quantile, report } from './report.ts';
import type { Figure } from './report.ts';

const [, , consoles = '1000', seconds = '10'] = process.argv;
const [count, lasting] = [Number(consoles), Number(seconds) * 1_000];
/** Of each console. */
const linesPerSecond = 5;
const line = Buffer.from(`${'x'.repeat(78)}\r\n`);
const MiB = 1024 ** 2;

interface Machine {
  readonly console: Console;
  readonly say: (bytes: Buffer) => void;
}

const directory = mkdtempSync(join(tmpdir(), 'halcyon-consoles-'));
const hub = new ConsoleHub({ inAll: 10_000, perPrincipal: 10_000 });
const recordings = await Recordings.open({
  ...{ directory, time: systemTime, settings: usualRecording },
  trouble: (trouble) => console.error(trouble),
});

const startMachine = async (label: string): Promise<Machine> => {
  let sink: ConsoleSink | null = null;
  const added = hub.add({
    ...{ label, epoch: 1, time: systemTime, random: systemRandom, settings: usualSettings },
    recorder: await recordings.record(label, 1),
    open: async (given) => {
      sink = given;
      return {
        write: () => Promise.resolve(),
        sendBreak: () => Promise.resolve(),
        ended: new Promise<Error>(() => undefined),
        close: () => Promise.resolve(),
      };
    },
    release: () => Promise.resolve(),
    ...{ audit: () => undefined, changed: () => undefined },
  });
  return { console: added, say: (bytes) => sink?.data(bytes) };
};

const attach = ({ console }: Machine, sink: Partial<ViewerSink>): ReturnType<Console['attach']> =>
  console.attach({
    ...{
      principal: 'bench',
      source: '127.0.0.1',
      epoch: 1,
      mayWrite: false,
      onSlow: 'cut',
      right: 'bench',
    },
    ...{ signal: new AbortController().signal, from: { back: 0 } },
    sink: {
      ...{ data: () => true, mark: () => undefined, role: () => undefined, end: () => undefined },
      ...sink,
    },
  });

/** Share of one core that this process used meanwhile. */
const cpuOf = async (call: () => Promise<void>): Promise<number> => {
  const [before, began] = [process.cpuUsage(), performance.now()];
  await call();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000 / (performance.now() - began);
};

const manyConsoles = async (): Promise<Figure[]> => {
  globalThis.gc?.();
  const before = process.memoryUsage().rss;
  const machines: Machine[] = [];
  for (let i = 0; i < count; i += 1) machines.push(await startMachine(`n${i}`));
  await wait(100);
  const silent = process.memoryUsage().rss - before;
  const cpu = await cpuOf(async () => {
    // Ten times a second a tenth of them, as many machines do on their own.
    const until = performance.now() + lasting;
    for (let turn = 0; performance.now() < until; turn += 1) {
      for (let i = turn % 10; i < count; i += 10)
        for (let l = 0; l < linesPerSecond; l += 1) machines[i]?.say(line);
      await wait(100);
    }
  });
  // With all that each keeps to show.
  const full = Buffer.alloc(usualSettings.ringBytes, 'y');
  for (const [i, { say }] of machines.entries()) {
    say(full);
    if (i % 100 === 99) while (recordings.waiting > 8 * MiB) await wait(10);
  }
  while (recordings.waiting > 0) await wait(50);
  globalThis.gc?.();
  const memory = process.memoryUsage().rss - before;
  return [
    {
      name: `CPU of ${count} consoles, ${linesPerSecond} lines a second each`,
      value: cpu * 100,
      unit: '% of a core',
    },
    { name: 'memory of a silent console', value: silent / count / 1024, unit: 'KiB' },
    {
      ...{
        name: 'memory of a console that has written',
        value: memory / count / 1024,
        unit: 'KiB',
      },
      ...{ limit: { name: '1 MiB', value: 1024 }, target: { atMost: 1 } },
    },
    { name: 'files open', value: recordings.openFiles, unit: '' },
  ];
};

const oneConsole = async (): Promise<Figure[]> => {
  const machine = await startMachine('flood');
  await wait(50);
  let seen = 0;
  for (let i = 0; i < 10; i += 1)
    attach(machine, { data: (bytes) => ((seen += bytes.length), true) });
  const [piece, total] = [Buffer.alloc(255, 'z'), 256 * MiB];
  const began = performance.now();
  for (let said = 0; said < total; said += piece.length) {
    machine.say(piece);
    if (said % (64 * 1024) < piece.length) await new Promise((resolve) => setImmediate(resolve));
    while (recordings.waiting > MiB / 4) await new Promise((resolve) => setImmediate(resolve));
  }
  while (recordings.waiting > 0) await wait(5);
  const perSecond = total / MiB / ((performance.now() - began) / 1_000);
  if (seen < 10 * total) throw new Error(`${seen} of ${10 * total} bytes were seen`);
  return [
    {
      ...{ name: 'one console, logged, with 10 viewers', value: perSecond, unit: 'MiB/s' },
      ...{ limit: { name: '4 GiB an hour, MiB/s', value: 4096 / 3600 }, target: { atLeast: 10 } },
    },
  ];
};

/** How long lines take to get to viewers over TCP, ms. */
const latencies = async (machine: Machine, viewers: number, stalled: number): Promise<number[]> => {
  const taken: number[] = [];
  let said = 0;
  const server = createServer((socket) => {
    socket.setNoDelay(true);
    const viewer = attach(machine, {
      data: (bytes) => socket.write(bytes),
      end: () => socket.destroy(),
    });
    socket.on('drain', () => viewer.resume());
    socket.on('error', () => undefined);
    socket.on('close', () => viewer.leave());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const sockets: Socket[] = [];
  for (let i = 0; i < viewers; i += 1) {
    const socket = connect(port, '127.0.0.1');
    sockets.push(socket);
    await once(socket, 'connect');
    if (i < stalled) socket.pause();
    else socket.on('data', () => taken.push(performance.now() - said));
  }
  while (machine.console.viewers.size < viewers) await wait(10);
  const lines = Buffer.alloc(4096, 'w');
  for (let round = 0; round < 300; round += 1) {
    const expected = taken.length + viewers - stalled;
    said = performance.now();
    machine.say(lines);
    while (taken.length < expected) await new Promise((resolve) => setImmediate(resolve));
    await wait(5);
  }
  for (const socket of sockets) socket.destroy();
  server.close();
  await once(server, 'close');
  return taken;
};

const slowViewers = async (): Promise<Figure[]> => {
  const machine = await startMachine('watched');
  await wait(50);
  await latencies(machine, 100, 0);
  const healthy = quantile(await latencies(machine, 100, 0), 0.99);
  const disturbed = quantile(await latencies(machine, 100, 1), 0.99);
  return [
    {
      ...{ name: 'p99 of 99 viewers while one stands still', value: disturbed, unit: 'ms' },
      ...{ limit: { name: 'p99 of 100 who read, ms', value: healthy }, target: { atMost: 1.2 } },
    },
  ];
};

const figures = [...(await manyConsoles()), ...(await oneConsole()), ...(await slowViewers())];
report('consoles', figures);
await hub.close();
await recordings.close();
rmSync(directory, { recursive: true });
