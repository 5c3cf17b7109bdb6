/** Logs that are not as they were written: refused, and left as they are. */

import { cpSync, existsSync, readdirSync, readFileSync, rmSync, truncateSync } from 'node:fs';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import t from 'tap';
import type { Test } from 'tap';
import { revision } from '../../src/core/values/revision.ts';
import { HeadFile } from '../../src/log/sqlite/head-file.ts';
import { openSqliteLog } from '../../src/log/sqlite/sqlite-log.ts';
import type { EventLog } from '../../src/log/log.ts';
import { folderOf } from '../folder.ts';
import { appendAll } from './contract.ts';

const page = 4096;

/** The directory of a log that was closed in order: no write-ahead log is left. */
async function closedLog(t: Test, commits: number): Promise<string> {
  const directory = folderOf(t);
  const log = await openSqliteLog({ directory });
  await Promise.all(appendAll(log, 0, commits));
  await log.close();
  return directory;
}

/** The directory of a log as a crash leaves it: the commits are in the write-ahead log. */
async function crashedLog(t: Test, commits: number): Promise<string> {
  const root = folderOf(t, { running: {} });
  const directory = join(root, 'running');
  const log = await openSqliteLog({ directory });
  await Promise.all(appendAll(log, 0, commits));
  const crashed = join(root, 'crashed');
  for (const name of ['log.db', 'log.db-wal', 'head']) {
    cpSync(join(directory, name), join(crashed, name));
  }
  await log.close();
  return crashed;
}

function flip(path: string, from: number, to: number): void {
  const bytes = readFileSync(path);
  for (let at = from; at < to; at++) bytes[at] = (bytes[at] as number) ^ 0xff;
  writeFileSync(path, bytes);
}

function execute(directory: string, sql: string): void {
  const database = new DatabaseSync(join(directory, 'log.db'));
  database.exec(sql);
  database.close();
}

/** What the files hold, SQLite's shared memory aside; an empty file holds nothing. */
function contents(directory: string): Record<string, string> {
  const names = readdirSync(directory).filter((name) => !name.endsWith('-shm'));
  const held = names.map((name) => [name, readFileSync(join(directory, name), 'base64')] as const);
  return Object.fromEntries(held.filter(([name, content]) => content !== '' || name === 'log.db'));
}

async function refuses(t: Test, directory: string, wanted: RegExp, full = false): Promise<void> {
  const before = contents(directory);
  const opening = openSqliteLog({ directory, verify: full ? 'full' : 'tail' });
  await t.rejects(opening, { code: 'log-corrupt', message: wanted });
  t.same(contents(directory), before, 'nothing was changed');
  // The refusal gives the lock back: the next attempt finds the same, not a log in use.
  const again = openSqliteLog({ directory, verify: full ? 'full' : 'tail' });
  await t.rejects(again, { code: 'log-corrupt', message: /log\.db.*Nothing was changed.*backup/s });
}

async function opens(t: Test, directory: string, head: number): Promise<void> {
  const log = await openSqliteLog({ directory });
  t.equal(log.head(), head);
  await log.close();
}

t.test('a damaged last page', async (t) => {
  const directory = await closedLog(t, 1500);
  const path = join(directory, 'log.db');
  const size = readFileSync(path).length;
  flip(path, size - page, size);
  await refuses(t, directory, /damaged/);
});

t.test('one changed bit in the text of the last commit', async (t) => {
  const directory = await closedLog(t, 1500);
  const path = join(directory, 'log.db');
  const at = readFileSync(path).lastIndexOf('request-1500');
  flip(path, at, at + 1);
  await refuses(t, directory, /at revision 1500, its checksum is wrong/);
});

t.test('a damaged end of the write-ahead log, which SQLite would drop in silence', async (t) => {
  const directory = await crashedLog(t, 300);
  const path = join(directory, 'log.db-wal');
  const size = readFileSync(path).length;
  flip(path, size - 100, size - 99);
  await refuses(t, directory, /ends at revision \d+, and 300 was written.*remove .*head/s);
});

t.test('a crash is no damage', async (t) => {
  await opens(t, await crashedLog(t, 300), 300);
});

t.test('a write-ahead log that is gone', async (t) => {
  const directory = await crashedLog(t, 300);
  rmSync(join(directory, 'log.db-wal'));
  await refuses(t, directory, /ends at revision 0, and 300 was written/);
});

t.test('a database that is gone', async (t) => {
  const crashed = await crashedLog(t, 3);
  rmSync(join(crashed, 'log.db'));
  await refuses(t, crashed, /missing/);
  const closed = await closedLog(t, 3);
  rmSync(join(closed, 'log.db'));
  await refuses(t, closed, /missing/);
  t.notOk(existsSync(join(closed, 'log.db')), 'no empty log takes its place');
});

t.test('a database that was cut off', async (t) => {
  const directory = await closedLog(t, 2000);
  const path = join(directory, 'log.db');
  truncateSync(path, page * Math.floor(readFileSync(path).length / page / 2));
  await refuses(t, directory, /damaged/);
});

t.test('files that are no log', async (t) => {
  const directory = folderOf(t, { 'log.db': 'This is not a database.'.repeat(500) });
  await refuses(t, directory, /not a database/);
  const empty = folderOf(t, { 'log.db': '' });
  await refuses(t, empty, /not a log of Halcyon/);
  const other = folderOf(t);
  execute(other, 'CREATE TABLE commits (revision INTEGER PRIMARY KEY, body TEXT)');
  await refuses(t, other, /not a log of Halcyon/);
  const dropped = await closedLog(t, 3);
  execute(dropped, 'DROP TABLE commits');
  await refuses(t, dropped, /no such table/);
});

t.test('the log of a newer release', async (t) => {
  const directory = await closedLog(t, 3);
  execute(directory, 'PRAGMA user_version = 2');
  await t.rejects(openSqliteLog({ directory }), {
    code: 'log-unavailable',
    message: /schema version 2, this release reads 1/,
  });
});

t.test('a directory that cannot be one', async (t) => {
  const directory = join(folderOf(t, { taken: 'a file' }), 'taken');
  await t.rejects(openSqliteLog({ directory }), { code: 'log-unavailable', message: /taken/ });
  const below = join(directory, 'log');
  await t.rejects(openSqliteLog({ directory: below }), { code: 'log-unavailable' });
});

t.test('commits that are missing', async (t) => {
  const gap = await closedLog(t, 20);
  execute(gap, 'DELETE FROM commits WHERE revision = 7');
  await refuses(t, gap, /at revision 7, it is missing/);
  const beginning = await closedLog(t, 20);
  execute(beginning, 'DELETE FROM commits WHERE revision = 1');
  await refuses(t, beginning, /begins at revision 2/);
  const end = await closedLog(t, 20);
  execute(end, 'DELETE FROM commits WHERE revision = 20');
  await refuses(t, end, /ends at revision 19, and 20 was written/);
});

t.test('commits that were exchanged or rewritten', async (t) => {
  const rewritten = await closedLog(t, 20);
  execute(rewritten, "UPDATE commits SET body = replace(body, 'up', 'UP') WHERE revision = 9");
  await refuses(t, rewritten, /at revision 9, its checksum is wrong/);
  const copied = await closedLog(t, 20);
  execute(
    copied,
    'UPDATE commits SET body = (SELECT body FROM commits WHERE revision = 8) WHERE revision = 9',
  );
  await refuses(t, copied, /at revision 9/);
});

t.test('old damage is found when it is read, and at the start where asked', async (t) => {
  const directory = await closedLog(t, 3000);
  execute(directory, "UPDATE commits SET body = replace(body, 'up', 'UP') WHERE revision = 10");
  await refuses(t, directory, /at revision 10, its checksum is wrong/, true);
  const log = await openSqliteLog({ directory });
  t.equal(
    (await Array.fromAsync(log.read(revision(10)))).length,
    2990,
    'what lies behind it is whole',
  );
  await t.rejects(Array.fromAsync(log.read(revision(0))), {
    code: 'log-corrupt',
    message: /log\.db .*at revision 10/,
  });
  const failed = await new Promise((resolve) => {
    log.subscribe(revision(0), () => undefined, resolve);
  });
  t.match(failed, { code: 'log-corrupt' }, 'a subscription is told');
  await log.close();
});

t.test('damage below the rows is found where a full check is asked for', async (t) => {
  const directory = await closedLog(t, 3000);
  await opens(t, directory, 3000);
  // A page in the middle holds rows that a start from a snapshot does not look at.
  flip(join(directory, 'log.db'), 100 * page, 101 * page);
  await refuses(t, directory, /damaged/, true);
});

t.test('the head file', async (t) => {
  const directory = await closedLog(t, 50);
  const path = join(directory, 'head');
  const intact = readFileSync(path);

  writeFileSync(path, intact.subarray(0, 20));
  await opens(t, directory, 50);
  t.same(readFileSync(path), intact, 'a torn one says nothing and is written anew');

  flip(path, 25, 26);
  await opens(t, directory, 50);
  rmSync(path);
  await opens(t, directory, 50);
  t.same(readFileSync(path), intact);

  const older = new DatabaseSync(join(directory, 'log.db'), { readOnly: true });
  const row = older.prepare('SELECT crc FROM commits WHERE revision = 30').get() as { crc: number };
  older.close();
  const record = (at: number, crc: number): void => {
    const head = new HeadFile(path);
    head.write({ revision: at, crc });
    head.close();
  };
  record(30, row.crc);
  await opens(t, directory, 50);
  t.same(readFileSync(path), intact, 'one that is behind is what a crash leaves');

  record(30, (row.crc ^ 1) >>> 0);
  await refuses(t, directory, /at revision 30 its checksum is/);
  record(51, row.crc);
  await refuses(t, directory, /ends at revision 50, and 51 was written/);
});

t.test('a log is open once in a process, too', async (t) => {
  const directory = folderOf(t);
  const log = await openSqliteLog({ directory });
  await t.rejects(openSqliteLog({ directory }), { code: 'log-locked', message: /lock\.db/ });
  await log.close();
  await opens(t, directory, 0);
});

t.test('checksums tell logs apart', async (t) => {
  const open = async (note: string): Promise<EventLog> => {
    const log = await openSqliteLog({ directory: folderOf(t, { [note]: {} }) + `/${note}` });
    await Promise.all([...appendAll(log, 0, 5), ...appendAll(log, 5, 10, note)]);
    return log;
  };
  const [one, other] = [await open('one'), await open('other')];
  t.equal(await one.checksum(revision(0)), 0);
  t.equal(await one.checksum(revision(5)), await other.checksum(revision(5)));
  t.not(await one.checksum(revision(10)), await other.checksum(revision(10)));
  t.equal(await one.checksum(revision(11)), undefined);
  await Promise.all([one.close(), other.close()]);
});
