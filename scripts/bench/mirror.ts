/**
 * Commits through a mirror, against the embedded log in the same run. The engine behind the mirror
 * is in memory: what is measured is the cost of the mirror.
 */

import { join } from 'node:path';
import type { Commit } from '../../src/core/events/commit.ts';
import type { Revision } from '../../src/core/values/revision.ts';
import type { EventLog } from '../../src/log/log.ts';
import { openMirroredLog } from '../../src/log/mirror/open-mirror.ts';
import { openSharedMemoryLog, SharedMemory } from '../../src/log/shared-memory.ts';
import { openSqliteLog } from '../../src/log/sqlite/sqlite-log.ts';
import { median, quantile, report } from './report.ts';
import { withDirectory } from './station.ts';

const submitters = 256;
const commits = 100_000;
const alone = 2_000;
const rounds = 3;

const commitAt = (revision: number): Commit => ({
  revision: revision as Revision,
  at: 1_700_000_000_000 + revision,
  actor: 'agent:n0001.example.org',
  correlation: `request-${revision}`,
  command: 'ReportNodeUp',
  events: [
    { type: 'NodeUp', v: 1, data: { fqdn: 'n0001.example.org', memory_mib: revision } },
    { type: 'HostStateChanged', v: 1, data: { state: 'up' }, cause: 0, rule: 'host-is-up' },
  ],
});

const append = (log: EventLog, revision: number): Promise<void> =>
  log.append(commitAt(revision), (revision - 1) as Revision);

/** Commits a second of many that wait each, and how long one alone takes at the median, ms. */
const measure = async (log: EventLog): Promise<{ rate: number; ms: number }> => {
  let issued = 0;
  const submitter = async (): Promise<void> => {
    while (issued < commits) await append(log, ++issued);
  };
  const started = performance.now();
  await Promise.all(Array.from({ length: submitters }, submitter));
  const rate = commits / ((performance.now() - started) / 1000);
  const times: number[] = [];
  for (let i = 0; i < alone; i += 1) {
    const began = performance.now();
    await append(log, ++issued);
    times.push(performance.now() - began);
  }
  await log.close();
  return { rate, ms: quantile(times, 0.5) };
};

const silent = { info: (): void => undefined, warn: console.error };

const embedded: { rate: number; ms: number }[] = [];
const mirrored: { rate: number; ms: number }[] = [];
const reading: number[] = [];
for (let round = 0; round < rounds; round += 1)
  await withDirectory(async (directory) => {
    embedded.push(await measure(await openSqliteLog({ directory: join(directory, 'embedded') })));
    const storage = new SharedMemory();
    const open = (into: string): Promise<EventLog> =>
      openMirroredLog({
        engine: openSharedMemoryLog({ storage }),
        directory: join(directory, into),
        news: silent,
      });
    mirrored.push(await measure(await open('mirrored')));
    const started = performance.now();
    const again = await open('anew');
    reading.push(again.head() / ((performance.now() - started) / 1000));
    await again.close();
  });

report('the mirror of a shared log', [
  {
    name: `commits through the mirror, ${submitters} submitters`,
    value: median(mirrored.map(({ rate }) => rate)),
    unit: '/s',
    limit: { name: 'embedded log', value: median(embedded.map(({ rate }) => rate)) },
    target: { atLeast: 0.5 },
  },
  {
    name: 'one commit alone, median',
    value: median(mirrored.map(({ ms }) => ms)),
    unit: 'ms',
    limit: { name: 'embedded log', value: median(embedded.map(({ ms }) => ms)) },
    target: { atMost: 1.5 },
  },
  { name: 'commits into an empty mirror at an open', value: median(reading), unit: '/s' },
]);
