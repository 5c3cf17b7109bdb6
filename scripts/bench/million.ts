/**
 * 1,000,000 processes: 10,000 hosts, 100 each, one durable commit a host. Does the cost grow? What
 * does it take? And then, does a page cost what is on it, and do long answers leave room for others?
 */

import { figuresOfReading } from './reading.ts';
import { report } from './report.ts';
import { appRole, bench, fqdn, nodeUp, nothing, openStation, withDirectory } from './station.ts';
import { ownMs } from './turn-meter.ts';

const hosts = 10_000;
const multiplicity = 100;
/** Operators at work at once. */
const inFlight = 8;

await withDirectory(async (directory) => {
  const station = await openStation(directory);
  await station.submit({ type: 'LoadDeclaration', declaration: appRole }, bench, nothing);
  for (let i = 0; i < hosts; i += 1000)
    await Promise.all(
      Array.from({ length: 1000 }, (_, k) => station.submit(nodeUp(i + k, 0), bench, nothing)),
    );

  let [issued, rssMax] = [0, 0];
  const finished: number[] = [];
  const operator = async (): Promise<void> => {
    while (issued < hosts) {
      const host = fqdn(issued++);
      const roles = [{ name: 'app', overrides: { multiplicity } }];
      const result = await station.submit(
        { type: 'AddProcesses', host, roles, tokens: false },
        bench,
        nothing,
      );
      if (!result.ok) throw new Error(result.rejection.message);
      finished.push(performance.now());
      if (finished.length % 100 === 0) rssMax = Math.max(rssMax, process.memoryUsage.rss());
    }
  };
  const [started, worked] = [performance.now(), ownMs()];
  await Promise.all(Array.from({ length: inFlight }, operator));
  const own = (ownMs() - worked) / 1000;
  const tenth = hosts / 10;
  const first = finished[tenth - 1]! - started;
  const last = finished.at(-1)! - finished.at(-1 - tenth)!;
  const seconds = (finished.at(-1)! - started) / 1000;
  const processes = hosts * multiplicity;
  if (station.graph.count('process') !== processes) throw new Error('processes are missing');

  report('a million processes', [
    { name: 'time for 1,000,000 durable adds', value: seconds, unit: 's' },
    { name: 'of these the deciding thread worked', value: own, unit: 's' },
    { name: 'processes a second', value: processes / seconds, unit: '/s' },
    {
      name: 'memory',
      value: rssMax / 2 ** 20,
      unit: 'MiB',
      limit: { name: '2 GiB, MiB', value: 2048 },
      target: { atMost: 1 },
    },
    {
      name: 'last tenth of the adds',
      value: last,
      unit: 'ms',
      limit: { name: 'first tenth, ms', value: first },
      target: { atMost: 1.3 },
    },
  ]);
  report('reading of a million processes', await figuresOfReading(station, hosts));
  await station.close();
});
