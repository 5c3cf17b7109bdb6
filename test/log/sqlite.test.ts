import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import t from 'tap';
import type { Test } from 'tap';
import { revision } from '../../src/core/values/revision.ts';
import { openSqliteLog } from '../../src/log/sqlite/sqlite-log.ts';
import { folderOf } from '../folder.ts';
import { appendAll, commitAt, logContract, range } from './contract.ts';
import { refusalContract } from './refusal-contract.ts';
import type { RefusingLog } from './refusal-contract.ts';

const opened = async (t: Test): Promise<RefusingLog> => {
  const directory = folderOf(t);
  const path = join(directory, 'log.db');
  const execute = (sql: string): void => {
    const database = new DatabaseSync(path, { timeout: 5000 });
    database.exec(sql);
    database.close();
  };
  return {
    log: await openSqliteLog({
      directory,
      limits: { queueCommits: 2500, commitCharacters: 1_500_000 },
    }),
    reopen: () => openSqliteLog({ directory }),
    breakStorage: () =>
      execute(`CREATE TRIGGER refuse BEFORE INSERT ON commits BEGIN
        SELECT RAISE(ABORT, 'refused by the test');
      END`),
    mendStorage: () => execute('DROP TRIGGER refuse'),
    queueCommits: 2500,
  };
};

logContract(t, 'sqlite', opened);
refusalContract(t, 'sqlite', opened);

t.test('commits beyond the limits of size', async (t) => {
  const directory = folderOf(t);
  const limits = { commitCharacters: 1000, queueCharacters: 2000, batchCharacters: 1500 };
  const log = await openSqliteLog({ directory, limits });
  const sized = (characters: number): string =>
    'x'.repeat(characters - JSON.stringify(commitAt(1, '')).length);
  await t.rejects(log.append(commitAt(1, sized(1001)), revision(0)), {
    code: 'append-failed',
    name: 'CommitTooLargeError',
    characters: 1001,
    max: 1000,
  });
  const issued = [
    log.append(commitAt(1, sized(1000)), revision(0)),
    log.append(commitAt(2, sized(1000)), revision(1)),
  ];
  await t.rejects(log.append(commitAt(3, ''), revision(2)), { code: 'log-busy' });
  await Promise.all(issued);
  await log.append(commitAt(3, ''), revision(2));
  t.equal(log.head(), 3);
  await log.close();
});

t.test('small batches keep everything and its order', async (t) => {
  const directory = folderOf(t);
  const limits = { batchCommits: 7, batchCharacters: 900 };
  const log = await openSqliteLog({ directory, limits });
  await Promise.all(appendAll(log, 0, 2000));
  t.same(
    await Array.fromAsync(log.read(revision(0))),
    range(0, 2000).map((at) => commitAt(at)),
  );
  await log.close();
});

t.test('commits of very different sizes are read in order', async (t) => {
  const directory = folderOf(t);
  const log = await openSqliteLog({ directory });
  const notes = range(0, 300).map((at) => 'y'.repeat(at % 50 === 0 ? 3_000_000 : at));
  await Promise.all(
    notes.map((note, index) => log.append(commitAt(index + 1, note), revision(index))),
  );
  let count = 0;
  for await (const commit of log.read(revision(0))) {
    const { note } = commit.events[0]?.data as { note: string };
    if (note !== notes[count]) t.fail(`commit ${commit.revision} differs`);
    count += 1;
  }
  t.equal(count, 300);
  await log.close();
});
