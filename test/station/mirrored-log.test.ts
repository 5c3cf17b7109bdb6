/** A station on a shared log reads its mirror: index, snapshots and past are as with a log of its own. */

import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { revision } from '../../src/core/values/revision.ts';
import type { EventLog } from '../../src/log/log.ts';
import { openMirroredLog } from '../../src/log/mirror/open-mirror.ts';
import { openSharedMemoryLog, SharedMemory } from '../../src/log/shared-memory.ts';
import { host, openStation, temporary, until } from './harness.ts';

const silent = { info: (): void => undefined, warn: (): void => undefined };

const place = { name: 'head1', url: 'http://head1.example:7400' };

t.test('index, snapshots and past of a station are made of its mirror', async (t) => {
  const storage = new SharedMemory();
  const directory = temporary(t);
  const open = (): Promise<EventLog> =>
    openMirroredLog({ engine: openSharedMemoryLog({ storage }), directory, news: silent });
  const first = await openStation(t, { ...place, directory, log: await open(), snapshotEvery: 1 });
  await first.fill();
  const { station } = first;
  await until('the index', () => station.index.position === station.head);
  t.equal((await first.ask('GET', `/why/${host}`)).status, 200);
  t.equal((await first.ask('GET', '/hosts?at=3')).status, 200, 'its past');
  t.match((await first.ask('GET', '/station')).body, {
    directory,
    log_directory: join(directory, 'mirror'),
    durability: 'memory',
  });
  const digest = station.graph.digest();
  const { head } = station;
  t.equal(storage.head, head);
  await first.close();
  t.ok(readdirSync(join(directory, 'snapshots')).length > 0);

  rmSync(join(directory, 'mirror'), { recursive: true });
  const again = await openStation(t, {
    ...place,
    directory,
    log: await open(),
    admin: first.admin,
  });
  const asker = { principal: 'test', signal: new AbortController().signal };
  const past = await again.station.past({ revision: head }, asker);
  t.equal(past.graph.digest(), digest, 'the mirror is made anew, and the graph of it is the same');
  t.notMatch(again.logged.join('\n'), /is discarded/, 'its snapshots belong to the log still');
  await until('the index', () => again.station.index.position === again.station.head);
  t.notMatch(again.logged.join('\n'), /cannot be used/, 'and so does its index');
  t.equal((await again.ask('GET', `/why/${host}`)).status, 200);
  await again.close();
});

t.test('what a station is told after the log lost commits is what the log has', async (t) => {
  const storage = new SharedMemory();
  const directory = temporary(t);
  const open = (): Promise<EventLog> =>
    openMirroredLog({ engine: openSharedMemoryLog({ storage }), directory, news: silent });
  const first = await openStation(t, { ...place, directory, log: await open(), snapshotEvery: 1 });
  await first.fill();
  const { head } = first.station;
  await first.close();
  storage.lose(2);
  const again = await openStation(t, {
    ...place,
    directory,
    log: await open(),
    admin: first.admin,
  });
  t.equal(again.station.log.head() >= head - 2, true);
  t.match(again.logged.join('\n'), /snapshot .* is discarded: it belongs to another log/);
  const { log } = again.station;
  const there = log.head();
  t.equal(await log.checksum(there), storage.stored(there)!.crc);
  t.ok(existsSync(join(directory, 'mirror', 'log.db')));
  t.equal((await again.ask('GET', `/hosts/${host}`)).status, 200);
  await again.close();
  t.equal(revision(storage.head) >= there, true);
});
