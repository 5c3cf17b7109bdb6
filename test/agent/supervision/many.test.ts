/** As many processes as a large node has. */

import { readFileSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import t from 'tap';
import { assignment, SupervisedHost, until } from './supervised-host.ts';

const count = 200;
/** CPU seconds of this process in a span. */
const cpuOf = async (span: () => Promise<unknown>): Promise<number> => {
  const before = process.cpuUsage();
  await span();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
};

t.test(`${count} processes are started, watched, taken over and stopped`, async (t) => {
  const host = new SupervisedHost(t);
  const wanted = Array.from({ length: count }, () => assignment());
  const all = (state: string) => (): boolean =>
    wanted.every(({ fid }) => host.now(fid)?.state === state);

  const since = performance.now();
  const starting = await cpuOf(async () => {
    host.assignAll(...wanted);
    await until('all are online', all('online'));
  });
  const startMs = Math.round(performance.now() - since);

  const seconds = 2;
  const watching = await cpuOf(() => wait(seconds * 1000));
  await host.restart();
  t.ok(all('online')(), 'all are taken over');
  const adopted = await cpuOf(() => wait(seconds * 1000));

  const stopped = performance.now();
  host.assignAll(...wanted.map((one) => ({ ...one, run: false })));
  await until('all are stopped', all('exited'));
  const stopMs = Math.round(performance.now() - stopped);

  const mib = Number(/VmRSS:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))![1]) / 1024;
  const percent = (cpu: number): string => `${((cpu / seconds) * 100).toFixed(1)} %`;
  t.comment(
    `started in ${startMs} ms with ${starting.toFixed(2)} s of CPU, stopped in ${stopMs} ms`,
  );
  t.comment(
    `watching own ${percent(watching)}, taken over ${percent(adopted)}, ${mib.toFixed(0)} MiB`,
  );
  // It takes some 2 % on a quiet machine, which is for the benchmark to say; a loop without a rest takes all.
  t.ok(watching / seconds < 0.5, 'watching its own leaves most of a CPU to others');
  t.ok(adopted / seconds < 0.5, 'so does what was taken over');
});
