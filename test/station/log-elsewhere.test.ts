/** A station whose log is not in its data directory: `halcyon station --log URL`. */

import { existsSync, mkdirSync, readdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import type { Test } from 'tap';
import { LogUrlError } from '../../src/log/log.ts';
import {
  fillFrom,
  host,
  openStation,
  runStation,
  startStation,
  temporary,
  until,
} from './harness.ts';

/** Where data and log go, in a folder of their own. */
const places = (t: Test): { data: string; log: string; other: string } => {
  const folder = temporary(t);
  return { data: join(folder, 'data'), log: join(folder, 'log'), other: join(folder, 'other') };
};

/** Starts a station that must refuse to, and gives what it says and its exit code. */
const refused = async (
  t: Test,
  ...flags: string[]
): Promise<{ code: number | null; said: string }> => {
  const run = runStation(t, ['--listen', '127.0.0.1:0', ...flags]);
  return { code: await run.ended, said: run.stderr() };
};

t.test('a station keeps its log where it is told to, and starts again from there', async (t) => {
  const { data, log } = places(t);
  const flags = ['--log', `sqlite:${log}`];
  const first = await startStation(t, data, { flags });
  await fillFrom(first.ask);
  const { digest, head } = (await first.ask('GET', '/log')).body;
  t.ok(existsSync(join(log, 'log.db')));
  t.notOk(existsSync(join(data, 'log.db')));
  t.ok(existsSync(join(data, 'station.key')));
  t.notOk(existsSync(join(log, 'station.key')));
  t.equal((await first.end('SIGTERM')).code, 0);
  const again = await startStation(t, data, { flags, token: first.admin! });
  t.match((await again.ask('GET', '/log')).body, { digest, head });
  const told = (await again.ask('GET', '/station')).body;
  t.match(told, { directory: data, log_directory: log, durability: 'disk' });
  t.equal((await again.ask('GET', `/why/${host}`)).status, 200, 'its past is found, too');
});

t.test('a log and a data directory are one station’s each, and it is named', async (t) => {
  const { data, log, other } = places(t);
  const first = await openStation(t, { directory: data, log: `sqlite:${log}` });
  const holder = `in use: another process \\(pid ${process.pid}\\), most likely a station, has`;
  for (const [what, flags, says] of [
    ['the log', ['--data', other, '--log', `sqlite:${log}`], `log/lock\\.db is ${holder} this log`],
    ['the log as data', ['--data', log], `log/lock\\.db is ${holder} this log`],
    [
      'the data',
      ['--data', data, '--log', `sqlite:${other}`],
      `data/lock\\.db is ${holder} this data directory`,
    ],
    ['the data with a log of its own', ['--data', data], `data/lock\\.db is ${holder}`],
  ] as const) {
    const { code, said } = await refused(t, ...flags);
    t.equal(code, 1, what);
    t.match(said, new RegExp(says), what);
  }
  t.equal((await first.ask('GET', '/readyz')).status, 200);
});

t.test('the data directory may be given as the log’s, by any path', async (t) => {
  const { data } = places(t);
  const first = await openStation(t, { directory: data });
  await first.close();
  const log = `sqlite:${data}/../data/.`;
  const again = await openStation(t, { directory: data, log, admin: first.admin });
  t.equal((await again.ask('GET', '/whoami')).status, 200);
});

for (const what of ['data', 'log'] as const)
  t.test(`when the directory of the ${what} is moved, nothing is acknowledged`, async (t) => {
    const where = places(t);
    const { data: directory, log } = where;
    const station = await openStation(t, { directory, log: `sqlite:${log}` });
    const away = `${where[what]}.away`;
    renameSync(where[what], away);
    const answer = await until('the station to notice', async () => {
      const ready = await station.ask('GET', '/readyz');
      return ready.status === 503 ? ready : null;
    });
    t.match(answer.body.detail, `${where[what]} was removed or renamed`);
    const add = () => station.ask('POST', '/hosts', { fqdn: 'n1.example' });
    t.match(await add(), { status: 503, body: { code: 'not-in-place' } });
    renameSync(away, where[what]);
    await until('it to go on', async () => (await station.ask('GET', '/readyz')).status === 200);
    t.equal((await add()).status, 201);
    await station.close();
    t.same(readdirSync(join(where.data, '..')).sort(), ['data', 'log'], 'nothing was made anew');
  });

t.test('snapshots are of one log, and are not taken for another’s', async (t) => {
  const { data, log, other } = places(t);
  const directory = data;
  const one = await openStation(t, { directory, log: `sqlite:${log}`, snapshotEvery: 1 });
  await one.fill();
  await one.ask('POST', '/hosts', { fqdn: 'only.in.the.first' });
  const { digest } = (await one.ask('GET', '/log')).body;
  await one.close();
  const snapshots = (): number => readdirSync(join(data, 'snapshots')).length;
  t.ok(snapshots() > 0);

  const two = await openStation(t, { directory, log: `sqlite:${other}`, snapshotEvery: 0 });
  t.equal(two.station.graph.count('host'), 0);
  t.match(two.logged.join(''), /snapshot .* is discarded: it belongs to another log/);
  t.equal(snapshots(), 0);
  await two.close();

  const third = await openStation(t, { directory, log: `sqlite:${log}`, admin: one.admin });
  t.equal((await third.ask('GET', '/log')).body.digest, digest);
});

t.test('that a log in the data directory is not used is said', async (t) => {
  const { data, log } = places(t);
  await (await openStation(t, { directory: data })).close();
  const { station, logged } = await openStation(t, { directory: data, log: `sqlite:${log}` });
  t.equal(station.log.files?.directory, log);
  t.match(logged.join(''), /there is a log in the data directory as well; it is not used/);
});

t.test(
  'a log in memory is gone with its station; the data directory is still one station’s',
  async (t) => {
    const { data: directory } = places(t);
    const first = await openStation(t, { directory, log: 'memory:' });
    await first.fill();
    t.match((await first.ask('GET', '/station')).body, {
      durability: 'memory',
      log_directory: null,
    });
    await t.rejects(openStation(t, { directory, log: 'memory:' }), /has this data directory/);
    await first.close();
    const second = await openStation(t, { directory, log: 'memory:' });
    t.equal(second.station.graph.count('host'), 0);
  },
);

t.test('a URL of no log, or with a password, is wrong usage and is not repeated', async (t) => {
  const { data } = places(t);
  for (const [url, says] of [
    ['redis://host/hidden', /this version knows no logs of kind redis; give sqlite:DIRECTORY or /],
    ['/var/lib/hidden', /its URL names no kind of log; give sqlite:DIRECTORY or /],
    ['sqlite:', /sqlite: is written otherwise; give sqlite:DIRECTORY or /],
    ['sqlite://user:hidden@host/log', /its URL holds a password; whoever sees the command line /],
  ] as const) {
    const error = await openStation(t, { directory: data, log: url }).catch((e: Error) => e);
    if (!(error instanceof LogUrlError)) throw new Error(`no wrong usage: ${url}`);
    t.match(error.message, says);
    t.notMatch(error.message, /hidden/);
    t.notOk(existsSync(data));
  }
  const { code, said } = await refused(t, '--data', data, '--log', 'sqlite://u:hidden@host/log');
  t.equal(code, 2);
  t.match(said, /its URL holds a password; whoever sees the command line /);
  t.notMatch(said, /hidden/);
  t.notOk(existsSync(data));
});

t.test('a log that cannot be used is no wrong usage', async (t) => {
  const { data, log } = places(t);
  mkdirSync(log, { recursive: true });
  mkdirSync(join(log, 'log.db'));
  const { code, said } = await refused(t, '--data', data, '--log', `sqlite:${log}`);
  t.equal(code, 1);
  t.match(said, /log\.db/);
});
