/**
 * Cold start: replay of 1,000,000 events against JSON.parse of the same rows, and from a snapshot
 * against replay.
 */

import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { median, report } from './report.ts';
import { bench, nodeUp, nothing, openStation, withDirectory } from './station.ts';

const events = 1_000_000;
const hosts = 10_000;
const inFlight = 1024;
const rounds = 3;

const fill = async (directory: string): Promise<void> => {
  const station = await openStation(directory);
  let issued = 0;
  const submitter = async (): Promise<void> => {
    while (issued < events) {
      const i = issued++;
      await station.submit(nodeUp(i % hosts, Math.floor(i / hosts)), bench, nothing);
    }
  };
  await Promise.all(Array.from({ length: inFlight }, submitter));
  await station.close();
};

const parseRows = (directory: string): number => {
  const db = new DatabaseSync(join(directory, 'log.db'), { readOnly: true });
  const bodies = db.prepare('SELECT body FROM commits ORDER BY revision').all() as {
    body: string;
  }[];
  db.close();
  const started = performance.now();
  let revisions = 0;
  for (const { body } of bodies) revisions += (JSON.parse(body) as { revision: number }).revision;
  const ms = performance.now() - started;
  if (revisions === 0) throw new Error('no rows');
  return ms;
};

const start = async (directory: string): Promise<number> => {
  const started = performance.now();
  const station = await openStation(directory);
  const ms = performance.now() - started;
  await station.close();
  return ms;
};

await withDirectory(async (directory) => {
  await fill(directory);
  const figures = { parse: [] as number[], replay: [] as number[], snapshot: [] as number[] };
  for (let i = 0; i < rounds; i += 1) {
    figures.replay.push(await start(directory));
    figures.parse.push(parseRows(directory));
  }
  const writer = await openStation(directory, 1);
  await writer.submit(nodeUp(0, events), bench, nothing);
  await writer.close();
  for (let i = 0; i < rounds; i += 1) figures.snapshot.push(await start(directory));

  const replay = median(figures.replay);
  report('cold start', [
    {
      name: 'replay of 1,000,000 events',
      value: replay,
      unit: 'ms',
      limit: { name: 'JSON.parse of the same rows, ms', value: median(figures.parse) },
      target: { atMost: 3 },
    },
    {
      name: `start from a snapshot of ${hosts} hosts`,
      value: median(figures.snapshot),
      unit: 'ms',
      limit: { name: 'replay, ms', value: replay },
      target: { atMost: 0.1 },
    },
  ]);
});
