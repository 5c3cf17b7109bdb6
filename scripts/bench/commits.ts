/**
 * Durable commits a second through the whole engine, against bare SQLite writing the same bytes in
 * groups of the same size.
 */

import { DatabaseSync } from 'node:sqlite';
import { join } from 'node:path';
import { median, report } from './report.ts';
import { bench, nodeUp, nothing, openStation, withDirectory } from './station.ts';

const submitters = 256;
const hosts = 10_000;
const commits = 200_000;
const rounds = 3;

/** Every submitter waits for its commit before the next. */
const throughEngine = (): Promise<number> =>
  withDirectory(async (directory) => {
    const station = await openStation(directory);
    let issued = 0;
    const submitter = async (): Promise<void> => {
      while (issued < commits) {
        const i = issued++;
        await station.submit(nodeUp(i % hosts, Math.floor(i / hosts)), bench, nothing);
      }
    };
    const started = performance.now();
    await Promise.all(Array.from({ length: submitters }, submitter));
    const seconds = (performance.now() - started) / 1000;
    group = Math.round(commits / station.log.groups);
    bodies = await Array.fromAsync(station.log.read(0 as never), (commit) =>
      JSON.stringify(commit),
    );
    await station.close();
    return commits / seconds;
  });

/** What the engine wrote, for the bare loop to write again. */
let bodies: string[] = [];
/** How many commits a transaction of the engine held on average. */
let group = 0;

const bareSqlite = (): Promise<number> =>
  withDirectory(async (directory) => {
    const db = new DatabaseSync(join(directory, 'bare.db'));
    db.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 8192;
      CREATE TABLE commits (revision INTEGER PRIMARY KEY, at INTEGER, crc INTEGER, body TEXT) STRICT`);
    const insert = db.prepare('INSERT INTO commits VALUES (?, ?, ?, ?)');
    const started = performance.now();
    for (let i = 0; i < bodies.length; i += group) {
      db.exec('BEGIN');
      for (let j = i; j < Math.min(i + group, bodies.length); j += 1)
        insert.run(j + 1, j, j, bodies[j]!);
      db.exec('COMMIT');
    }
    const seconds = (performance.now() - started) / 1000;
    db.close();
    return bodies.length / seconds;
  });

const engine: number[] = [];
const bare: number[] = [];
for (let round = 0; round < rounds; round += 1) {
  engine.push(await throughEngine());
  bare.push(await bareSqlite());
}

report('durable commits', [
  {
    name: `NodeUp commits, ${submitters} submitters`,
    value: median(engine),
    unit: '/s',
    limit: { name: `bare SQLite, same bytes, groups of ${group}`, value: median(bare) },
    target: { atLeast: 0.5 },
  },
]);
