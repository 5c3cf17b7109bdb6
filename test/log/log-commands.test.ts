/** `halcyon log copy` and `halcyon log verify`, as they are run. */

import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import t from 'tap';
import { revision } from '../../src/core/values/revision.ts';
import { openLog } from '../../src/log/open.ts';
import { openSqliteLog } from '../../src/log/sqlite/sqlite-log.ts';
import { init } from '../postgres/ready.ts';
import { startServer } from '../postgres/servers.ts';
import { temporary } from '../station/harness.ts';
import { log, start, stopped } from './commands.ts';
import { appendAll } from './contract.ts';

const execute = (directory: string, sql: string): void => {
  const database = new DatabaseSync(join(directory, 'log.db'));
  database.exec(sql);
  database.close();
};

t.test('a log that is well is said to be, with what tells it from others', async (t) => {
  const { url, head, digest } = await stopped(t);
  const told = await log('verify', url);
  t.match(told, { code: 0, stderr: '' });
  t.match(
    told.stdout,
    new RegExp(
      `^all is well: \\d+ events, revision ${head}, checksum [0-9a-f]{8}, digest ${digest}\n$`,
    ),
  );
  const json = await log('verify', url, '--json');
  t.match(JSON.parse(json.stdout), { ok: true, revision: head, digest, unknown_events: {} });
});

t.test('damage is named with its revision, wherever it is', async (t) => {
  const { directory, url } = await stopped(t);
  execute(directory, `UPDATE commits SET body = replace(body, 'a', 'b') WHERE revision = 3`);
  const told = await log('verify', url);
  t.equal(told.code, 1);
  t.match(told.stderr, /at revision 3, its checksum is wrong/);
});

t.test('events that this version does not know are named', async (t) => {
  const directory = temporary(t);
  const made = await openSqliteLog({ directory });
  const frame = { at: 1, actor: 'station', correlation: 'c', command: 'X' };
  const odd = { type: 'OddThing', v: 1, data: {} };
  const commit = {
    ...frame,
    revision: revision(1),
    events: [{ ...odd, ignorable: true as const }],
  };
  await made.append(commit, revision(0));
  await made.close();
  const told = await log('verify', `sqlite:${directory}`);
  t.match(told, { code: 0, stdout: /^1 events OddThing are not known to this version/ });
  const again = await openSqliteLog({ directory });
  await again.append({ ...frame, revision: revision(2), events: [odd] }, revision(1));
  await again.close();
  const refused = await log('verify', `sqlite:${directory}`, '--json');
  t.equal(refused.code, 1);
  t.match(JSON.parse(refused.stdout), { ok: false, revision: 2, problem: /OddThing/ });
  t.match(refused.stderr, /up to revision 1 all is well; at 2: the log holds an event OddThing/);
});

t.test('what is no log is not made one, and wrong usage is told apart', async (t) => {
  const directory = join(temporary(t), 'none');
  const none = await log('verify', `sqlite:${directory}`);
  t.match(none, { code: 1, stderr: /there is no log in/ });
  t.notOk(existsSync(directory));
  t.match(await log('copy', `sqlite:${directory}`, `sqlite:${directory}2`), { code: 1 });
  t.match(await log('copy', 'memory:', `sqlite:${directory}`), { code: 2, stderr: /in memory/ });
  t.match(await log('copy', `sqlite:${directory}`, `sqlite:${directory}`), { code: 2 });
  t.match(await log('verify', 'redis://x'), { code: 2 });
  t.notOk(existsSync(directory));
});

t.test('a log is copied, and the copy is the same to the last bit', async (t) => {
  const { directory, url, head, digest } = await stopped(t);
  const to = join(temporary(t), 'copy');
  const told = await log('copy', url, `sqlite:${to}`);
  t.match(told, { code: 0, stderr: '' });
  t.match(told.stdout, new RegExp(`to: +revision ${head}, checksum \\w+, digest ${digest}`));
  t.match(told.stdout, new RegExp(`both are the same; ${head} of ${head} commits were copied now`));
  t.match(told.stdout, /station\.key and secrets\.json/);
  const again = await log('copy', url, `sqlite:${to}`, '--json');
  t.match(JSON.parse(again.stdout), { copied: 0, to: { revision: head, digest } });
  execute(to, `DELETE FROM commits WHERE revision > 2`);
  const { code } = await log('copy', `sqlite:${to}`, `sqlite:${to}3`);
  t.equal(code, 1, 'of a log that has lost its end nothing is copied');
  const held = await openSqliteLog({ directory });
  const inUse = await log('copy', url, `sqlite:${to}4`);
  t.match(inUse, { code: 1, stderr: /in use: another process .*stop it/ });
  await held.close();
});

t.test('a copy goes into nothing that is not its beginning', async (t) => {
  const { url } = await stopped(t);
  const directory = temporary(t);
  const other = await openSqliteLog({ directory });
  await Promise.all(appendAll(other, 0, 2, 'of another'));
  await other.close();
  const told = await log('copy', url, `sqlite:${directory}`);
  t.match(told, { code: 1, stderr: /has 2 commits already, which are not the first 2/ });
  const after = await openSqliteLog({ directory });
  t.equal(after.head(), 2);
  await after.close();
});

t.test('a copy that is killed goes on where it was', async (t) => {
  const { directory, url, head } = await stopped(t);
  const source = await openSqliteLog({ directory });
  const notes = 60_000;
  const last = head + notes;
  for (let at = head; at < last; at += 10_000)
    await Promise.all(
      Array.from({ length: 10_000 }, (_, i) =>
        source.append(ignorable(at + i + 1), revision(at + i)),
      ),
    );
  await source.close();
  const to = join(temporary(t), 'copy');
  const child = start(['copy', url, `sqlite:${to}`]);
  t.teardown(() => child.kill('SIGKILL'));
  const database = join(to, 'log.db');
  for (let count = 0; count < 2000;) {
    await new Promise((resolve) => setTimeout(resolve, 5));
    if (child.exitCode !== null) break;
    count = existsSync(database) ? countOf(database) : 0;
  }
  const ended = once(child, 'close');
  child.kill('SIGKILL');
  await ended;
  const had = countOf(database);
  t.ok(had >= 2000, `it had ${had}`);
  const told = await log('copy', url, `sqlite:${to}`, '--json');
  t.equal(told.code, 0, told.stderr);
  t.match(JSON.parse(told.stdout), { copied: last - had, to: { revision: last } });
});

const ignorable = (at: number) => ({
  revision: revision(at),
  at,
  actor: 'station',
  correlation: `c${at}`,
  command: 'X',
  events: [{ type: 'OddThing', v: 1, data: { note: 'x'.repeat(200) }, ignorable: true as const }],
});

const countOf = (path: string): number => {
  try {
    const database = new DatabaseSync(path, { readOnly: true });
    const { n } = database.prepare('SELECT max(revision) AS n FROM commits').get() as { n: number };
    database.close();
    return n ?? 0;
  } catch {
    return 0;
  }
};

t.test('a log goes to PostgreSQL and back, and on to another there with its secrets', async (t) => {
  const { url, head, digest } = await stopped(t);
  const server = await startServer(t);
  const [there, other] = ['schema=one', 'schema=other'].map((schema) => server.url(schema)) as [
    string,
    string,
  ];
  for (const one of [there, other]) await init(one);
  const out = await log('copy', url, there);
  t.equal(out.code, 0, out.stderr);
  t.match(
    out.stdout,
    /first station that starts with the copy takes them there from secrets\.json/,
  );
  t.match((await log('verify', there, '--json')).stdout, new RegExp(digest));
  const opened = await openLog(there);
  await opened.shared!.register('secrets').replace(0, Buffer.from('sealed'));
  await opened.close();
  const on = await log('copy', there, other);
  t.match(on, { code: 0, stdout: /secrets were copied/ });
  const copied = await openLog(other);
  t.match(await copied.shared!.register('secrets').read(), { value: Buffer.from('sealed') });
  await copied.close();
  const back = join(temporary(t), 'back');
  const home = await log('copy', other, `sqlite:${back}`, '--json');
  t.match(JSON.parse(home.stdout), {
    ...{ copied: head, to: { revision: head, digest } },
    secrets: 'from servers',
  });
});
