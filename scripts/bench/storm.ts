/**
 * 10,000 agents connect and report at once to one station: until its graph has them all, the longest
 * turn of its event loop, and how long a summary of the status takes meanwhile.
 *
 *   storm.ts [agents]
 */

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { quantile, report } from './report.ts';
import { Reporter } from './reporter.ts';
import { startStation } from './server.ts';
import type { StationProcess } from './server.ts';
import { withDirectory } from './station.ts';

const agents = Number(process.argv[2] ?? 10_000);

/**
 * The agents have a thread of their own, so that they do not slow the one who asks for the status.
 */
const storm = async (): Promise<void> => {
  let refusals = 0;
  const station = workerData as StationProcess;
  const reporters = await Promise.all(
    Array.from({ length: agents }, async (_, i) => {
      for (;;)
        try {
          const reporter = await Reporter.connect(station, i);
          await reporter.report();
          return reporter;
        } catch {
          // As agents do: the station lets only so many knock at once.
          refusals += 1;
          await pause(1000 * (1 + Math.random()));
        }
    }),
  );
  console.log(`${refusals} connections ended and were made again`);
  parentPort!.once('message', () => {
    for (const reporter of reporters) reporter.close();
  });
};

const measure = (): Promise<void> =>
  withDirectory(async (directory) => {
    const turns = join(directory, 'turns');
    writeFileSync(turns, '');
    const station = await startStation(directory, 'inherit', turns);
    const headers = { authorization: `Bearer ${station.token}` };
    const hostsUp = async (): Promise<number> => {
      const reply = await fetch(`${station.url}/api/v1/status?summary=true`, { headers });
      const status = (await reply.json()) as { counts: { hosts: { up: number } } };
      return status.counts.hosts.up;
    };
    /** The longest turn of the station's event loop since a moment, ms of the CPU. */
    const longestTurn = (since: number): number =>
      readFileSync(turns, 'utf8')
        .split('\n')
        .map((line) => line.split(' ').map(Number))
        .reduce((longest, [at = 0, ms = 0]) => (at >= since ? Math.max(longest, ms) : longest), 0);
    const quiet: number[] = [];
    for (let i = 0; i < 50; i += 1) {
      const before = performance.now();
      await hostsUp();
      if (i > 10) quiet.push(performance.now() - before);
    }
    const latencies: number[] = [];
    const [started, began] = [performance.now(), Date.now()];
    const { url, token } = station;
    const worker = new Worker(new URL(import.meta.url), { workerData: { url, token } });
    let up = 0;
    while (up < agents) {
      const before = performance.now();
      up = await hostsUp();
      latencies.push(performance.now() - before);
      if (performance.now() - started > 300_000) throw new Error(`only ${up} hosts are up`);
    }
    const seconds = (performance.now() - started) / 1000;
    const turn = longestTurn(began);
    report(`a storm of ${agents.toLocaleString('en-US')} agents`, [
      { name: 'until the graph has all', value: seconds, unit: 's' },
      { name: 'connections and reports a second', value: agents / seconds, unit: '/s' },
      {
        name: 'longest turn of the event loop, of the CPU',
        value: turn,
        unit: 'ms',
        limit: { name: 'the bound of a turn, ms', value: 50 },
        target: { atMost: 1 },
      },
      {
        name: 'p99 of summaries meanwhile',
        value: quantile(latencies, 0.99),
        unit: 'ms',
        limit: { name: 'p99 of summaries in quiet, ms', value: quantile(quiet, 0.99) },
      },
      { name: 'the longest of them', value: quantile(latencies, 1), unit: 'ms' },
    ]);
    worker.postMessage('done');
    await station.stop();
  });

await (isMainThread ? measure() : storm());
