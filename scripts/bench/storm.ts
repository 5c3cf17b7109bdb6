/**
 * 2,000 agents connect and report at once to one station: until its graph has them all, and what
 * status costs meanwhile.
 */

import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { quantile, report } from './report.ts';
import { Reporter } from './reporter.ts';
import { startStation } from './server.ts';
import type { StationProcess } from './server.ts';
import { withDirectory } from './station.ts';

const agents = 2000;

/**
 * The agents have a thread of their own, so that they do not slow the one who asks for the status.
 */
const storm = async (): Promise<void> => {
  const station = workerData as StationProcess;
  const reporters = await Promise.all(
    Array.from({ length: agents }, async (_, i) => {
      const reporter = await Reporter.connect(station, i);
      await reporter.report();
      return reporter;
    }),
  );
  parentPort!.once('message', () => {
    for (const reporter of reporters) reporter.close();
  });
};

const measure = (): Promise<void> =>
  withDirectory(async (directory) => {
    const station = await startStation(directory);
    const headers = { authorization: `Bearer ${station.token}` };
    const hostsUp = async (query: string): Promise<number> => {
      const reply = await fetch(`${station.url}/api/v1/status${query}`, { headers });
      const status = (await reply.json()) as { counts: { hosts: { up: number } } };
      return status.counts.hosts.up;
    };

    const latencies: number[] = [];
    const started = performance.now();
    const { url, token } = station;
    const worker = new Worker(new URL(import.meta.url), { workerData: { url, token } });
    let up = 0;
    while (up < agents) {
      const before = performance.now();
      up = await hostsUp('');
      latencies.push(performance.now() - before);
      if (performance.now() - started > 120_000) throw new Error(`only ${up} hosts are up`);
    }
    const seconds = (performance.now() - started) / 1000;
    const quiet: number[] = [];
    for (let i = 0; i < 50; i += 1) {
      const before = performance.now();
      await hostsUp('');
      quiet.push(performance.now() - before);
    }
    report('a storm of 2,000 agents', [
      { name: 'until the graph has all', value: seconds, unit: 's' },
      { name: 'connections and reports a second', value: agents / seconds, unit: '/s' },
      {
        name: 'p99 of status meanwhile',
        value: quantile(latencies, 0.99),
        unit: 'ms',
        limit: { name: 'p99 of the same status in quiet, ms', value: quantile(quiet, 0.99) },
      },
    ]);
    worker.postMessage('done');
    await station.stop();
  });

await (isMainThread ? measure() : storm());
