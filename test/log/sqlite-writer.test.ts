/** The thread that writes a SQLite log dies in the middle: nothing is lost, doubled or guessed. */

import type { Worker } from 'node:worker_threads';
import t from 'tap';
import type { Commit } from '../../src/core/events/commit.ts';
import { revision } from '../../src/core/values/revision.ts';
import type { EventLog } from '../../src/log/log.ts';
import { commitAt as storedAt } from '../../src/log/reading.ts';
import { openSqliteLog } from '../../src/log/sqlite/sqlite-log.ts';
import { folderOf } from '../folder.ts';
import { commitAt, range } from './contract.ts';

const codeOf = async (promise: Promise<void>): Promise<string> =>
  promise.then(
    () => 'kept',
    (error: { code: string }) => error.code,
  );

/** Appends until the log says what became of it. */
const settle = async (log: EventLog, commit: Commit): Promise<void> => {
  const code = await codeOf(log.append(commit, revision(commit.revision - 1)));
  if (code === 'revision-conflict') {
    const there = await storedAt(log, commit.revision);
    if (JSON.stringify(there) !== JSON.stringify(commit))
      throw new Error('another is in its place');
  } else if (code !== 'kept') throw new Error(code);
};

t.test('what a dead writer had is in doubt until it is appended once more', async (t) => {
  const directory = folderOf(t);
  const writers: Worker[] = [];
  const took = (worker: Worker): void => void writers.push(worker);
  process.on('worker', took);
  t.teardown(() => process.off('worker', took));
  const log = await openSqliteLog({ directory, limits: { batchCommits: 64 } });
  const heard: number[] = [];
  log.subscribe(revision(0), (commit) => heard.push(commit.revision));
  const codes = new Set<string>();
  for (let round = 0; round < 6; round += 1) {
    const from = log.head();
    const commits = range(from, from + 2000).map((at) => commitAt(at, `round ${round}`));
    const ends = commits.map((commit) => codeOf(log.append(commit, revision(commit.revision - 1))));
    if (round % 2 === 1) await ends[0];
    await writers.at(-1)!.terminate();
    const told = await Promise.all(ends);
    for (const code of told) codes.add(code);
    const unknown = commits.filter((_, i) => told[i] === 'outcome-unknown');
    for (const commit of unknown) await settle(log, commit);
    t.notOk(
      told.indexOf('outcome-unknown') > told.indexOf('append-failed') &&
        told.includes('append-failed'),
    );
  }
  t.ok(codes.has('outcome-unknown'), [...codes].join());
  t.ok([...codes].every((code) => ['kept', 'outcome-unknown', 'append-failed'].includes(code)));
  t.equal(writers.length, 7, 'another writer each time');
  const head = log.head();
  t.same(heard, range(0, head), 'listeners hear of each once');
  await log.close();
  const reopened = await openSqliteLog({ directory, verify: 'full' });
  t.equal(reopened.head(), head);
  await reopened.close();
});
