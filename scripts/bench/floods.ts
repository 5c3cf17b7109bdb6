/**
 * What one token can do to everybody: each flood beside an operator who only wants to work.
 *
 *   floods.ts [--seconds 8] [--only WORDS] [--hosts 1000]
 *
 * Each has a station of its own on a copy of one large cluster. After it the station is killed, and has to start
 * again.
 */

import { closeSync, cpSync, fstatSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { besideOperator } from './flood/beside.ts';
import type { Beside } from './flood/beside.ts';
import { makeCluster } from './flood/cluster.ts';
import { floods } from './flood/index.ts';
import { quantile, table } from './report.ts';
import { startStation } from './server.ts';
import { withDirectory } from './station.ts';

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '8' },
    only: { type: 'string', default: '' },
    hosts: { type: 'string', default: '1000' },
  },
});
const seconds = Number(values.seconds);
const size = { hosts: Number(values.hosts), processesPerHost: 100, rounds: 100 };

/** The bar; see docs/security.md. */
const bar = { healthMs: 100, commandMs: 500, memoryMiB: 1024 };

interface Row extends Beside {
  readonly name: string;
  /** Ms until the station was there again; null: it did not come. */
  readonly restart: number | null;
  /** What the station said of it. */
  readonly logBytes: number;
}

const rows: Row[] = [];
await withDirectory(async (directory) => {
  const original = join(directory, 'original');
  const cluster = await makeCluster(original, size);
  for (const flood of [null, ...floods]) {
    const name = flood?.name ?? 'in quiet';
    if (flood && !name.includes(values.only)) continue;
    await withDirectory(async (own) => {
      cpSync(original, join(own, 'station'), { recursive: true });
      const log = openSync(join(own, 'station.log'), 'a');
      const station = await startStation(own, log);
      const beside = await besideOperator(flood, station, cluster, seconds);
      await station.stop('SIGKILL');
      const began = performance.now();
      const restart = await startStation(own, log).then(
        async (again) => {
          const ms = performance.now() - began;
          await again.stop();
          return ms;
        },
        () => null,
      );
      rows.push({ name, restart, logBytes: fstatSync(log).size, ...beside });
      closeSync(log);
      for (const failure of new Set(beside.failures)) console.log(`${name}: ${failure}`);
    });
  }
});

const ms = (value: number): string => `${Math.round(value)} ms`;
const mib = (bytes: number): number => Math.round(bytes / 2 ** 20);

const measured = rows.map(
  ({ name, health, commands, failures, rssMax, asked, logBytes, restart }) => {
    const [healthP99, commandP99] = [quantile(health, 0.99), quantile(commands, 0.99)];
    const isMet =
      healthP99 < bar.healthMs &&
      commandP99 < bar.commandMs &&
      mib(rssMax) < bar.memoryMiB &&
      failures.length === 0 &&
      restart !== null;
    return {
      name,
      asked,
      healthP99,
      commandP99,
      memoryMiB: mib(rssMax),
      logKiB: Math.round(logBytes / 1024),
      failures: failures.length,
      restart,
      isMet,
    };
  },
);
const header = [
  'flood',
  'asked',
  'healthz p99',
  'command p99',
  'refused',
  'memory',
  'log',
  'restart',
  'the bar',
];
console.log(
  `\nfloods beside an operator; the bar: healthz ${bar.healthMs} ms, commands ${bar.commandMs} ms, ${bar.memoryMiB} MiB, restarts\n`,
);
console.log(
  table([
    header,
    ...measured.map((row) => [
      row.name,
      row.asked.toLocaleString('en-US'),
      ms(row.healthP99),
      ms(row.commandP99),
      String(row.failures),
      `${row.memoryMiB} MiB`,
      `${row.logKiB} KiB`,
      row.restart === null ? 'NEVER' : ms(row.restart),
      row.isMet ? 'met' : 'MISSED',
    ]),
  ]),
);
console.log(`BENCH ${JSON.stringify({ benchmark: 'floods', figures: measured })}`);
