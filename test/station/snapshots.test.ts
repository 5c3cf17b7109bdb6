/** Snapshots that cannot be used, whatever they are: the log is read instead. With the real executable. */

import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import type { Test } from 'tap';
import { openStation, root, startStation, temporary, until } from './harness.ts';
import type { Ask } from './harness.ts';

const sender = { actor: 'test' };
/** Runs a program as somebody whom modes stop; tests often run as root, whom they do not. */
const asNobody = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'];

/** A directory with a log of 30 hosts, and one of its snapshots. */
const withSnapshot = async (
  t: Test,
): Promise<{ directory: string; admin: string; digest: string; snapshot: string }> => {
  const { station, close, directory, admin } = await openStation(t, { snapshotEvery: 20 });
  const register = (i: number): unknown =>
    station.submit({ type: 'RegisterHost', fqdn: `h${i}.example` }, sender, () => null);
  for (let i = 0; i < 30; i += 1) await register(i);
  await until('a snapshot', () => station.archive.snapshots.length > 0);
  const digest = station.graph.digest();
  await close();
  const folder = join(directory, 'snapshots');
  return { directory, admin, digest, snapshot: join(folder, readdirSync(folder)[0]!) };
};

/** Everything that may stand where a snapshot is looked for, each made of a good snapshot. */
const strangers: Readonly<Record<string, (path: string, good: string) => void>> = {
  '1.snapshot': (path) => mkdirSync(join(path, 'inside'), { recursive: true }),
  '2.snapshot': (path) => execFileSync('mkfifo', [path]),
  '3.snapshot': (path) =>
    execFileSync('python3', [
      '-c',
      'import socket, sys; socket.socket(socket.AF_UNIX).bind(sys.argv[1])',
      path,
    ]),
  '4.snapshot': (path) => symlinkSync(`${path}.nowhere`, path),
  '5.snapshot': (path) => symlinkSync(path, path),
  '6.snapshot': (path) => symlinkSync('/dev/zero', path),
  '7.snapshot': (path, good) => {
    copyFileSync(good, path);
    chmodSync(path, 0);
  },
  '99999999999999999999.snapshot': (path, good) => copyFileSync(good, path),
  '8.snapshot': (path) => {
    writeFileSync(path, '');
    truncateSync(path, 2 ** 42);
  },
  'garbage \u{1b}[31m': (path, good) => copyFileSync(good, path),
};

const unreadable = 'a directory that nobody may read';
/** Everything that the directory of snapshots may be instead. */
const places: Readonly<Record<string, (path: string) => void>> = {
  [unreadable]: (path) => {
    mkdirSync(path);
    chmodSync(path, 0);
  },
  'a file': (path) => writeFileSync(path, 'no directory'),
  'a FIFO': (path) => execFileSync('mkfifo', [path]),
  'a link to itself': (path) => symlinkSync(path, path),
  'a link to nowhere': (path) => symlinkSync(`${path}.nowhere`, path),
};

t.test('what cannot be read where snapshots are neither stops nor hangs a start', async (t) => {
  const { directory: whole, admin, digest, snapshot } = await withSnapshot(t);
  /**
   * Starts a station on a copy of the log and gives what it warned of.
   *
   * @param isStopped by modes, as this process may not be: it is the executable, run by somebody else
   */
  const startedBeside = async (
    t: Test,
    spoil: (snapshots: string, good: string) => void,
    isStopped = false,
  ): Promise<string[]> => {
    const directory = temporary(t);
    for (const name of ['log.db', 'head', 'station.key'])
      copyFileSync(join(whole, name), join(directory, name));
    const snapshots = join(directory, 'snapshots');
    spoil(snapshots, snapshot);
    const check = async (ask: Ask): Promise<void> => {
      t.equal((await ask('GET', '/log')).body.digest, digest, 'the log was read instead');
      t.equal((await ask('POST', '/hosts', { fqdn: 'new.example' })).status, 201);
      t.equal((await ask('GET', '/graph?at=20')).status, 200, 'the past can be seen too');
    };
    let said: string;
    if (isStopped) {
      execFileSync('chown', ['-hR', '65534:65534', directory]);
      const station = await startStation(t, directory, { token: admin, through: asNobody });
      await check(station.ask);
      t.equal((await station.end('SIGTERM')).code, 0);
      said = station.stderr();
    } else {
      const { ask, close, logged } = await openStation(t, { directory, admin });
      await check(ask);
      await close();
      said = logged.join('\n');
    }
    return said
      .split('\n')
      .flatMap((line) => (line.startsWith('{"level":40') ? (JSON.parse(line).msg as string) : []));
  };

  await t.test('strange files', async (t) => {
    const warned = await startedBeside(
      t,
      (snapshots, good) => {
        mkdirSync(snapshots);
        for (const [name, make] of Object.entries(strangers)) make(join(snapshots, name), good);
      },
      true,
    );
    for (const name of Object.keys(strangers))
      t.equal(warned.filter((msg) => msg.includes(`/${name} is left out`)).length, 1, name);
  });
  for (const [what, make] of Object.entries(places))
    await t.test(what, async (t) => {
      const warned = await startedBeside(t, make, what === unreadable);
      t.equal(warned.length, 1, warned.join('\n'));
    });
});

/** Begins a save of a revision, and dies in the midst of it. */
const dieSaving = async (t: Test, directory: string, revision: number): Promise<void> => {
  const about = { revision, crc: 0, digest: '', rules: '' };
  const script = `
    import { saveSnapshot } from ${JSON.stringify(join(root, 'src/log/snapshots.ts'))};
    async function* endless() {
      yield 'begun';
      process.stdout.write('saving');
      await new Promise((never) => setInterval(never.toString, 1000));
    }
    await saveSnapshot(${JSON.stringify(directory)}, ${JSON.stringify(about)}, endless());`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  t.teardown(() => child.kill('SIGKILL'));
  await once(child.stdout, 'data');
  child.kill('SIGKILL');
  await once(child, 'close');
};

t.test('a station that is killed in the midst of snapshots leaves nothing of them', async (t) => {
  const { directory, admin, snapshot } = await withSnapshot(t);
  const snapshots = join(directory, 'snapshots');
  for (const revision of [1, 1000, 2000]) await dieSaving(t, snapshots, revision);
  t.equal(readdirSync(snapshots).length, 4, 'each left what it had');
  const { close } = await openStation(t, { directory, admin });
  t.same(
    readdirSync(snapshots).map((name) => join(snapshots, name)),
    [snapshot],
  );
  await close();
});

t.test('a snapshot that cannot be written is not the end of anything', async (t) => {
  const directory = temporary(t);
  writeFileSync(join(directory, 'snapshots'), 'no directory');
  const { station, close, logged } = await openStation(t, { directory, snapshotEvery: 20 });
  for (let i = 0; i < 50; i += 1)
    await station.submit({ type: 'RegisterHost', fqdn: `h${i}.example` }, sender, () => null);
  await close();
  t.match(logged.join(''), /could not write a snapshot; the next try comes later/);

  rmSync(join(directory, 'snapshots'));
  mkdirSync(join(directory, 'snapshots', '60.snapshot'), { recursive: true });
  mkdirSync(join(directory, 'snapshots', '60.snapshot.tmp'), { recursive: true });
  const again = await openStation(t, { directory, snapshotEvery: 20 });
  for (let i = 0; i < 90; i += 1)
    await again.station.submit(
      { type: 'RegisterHost', fqdn: `again${i}.example` },
      sender,
      () => null,
    );
  await until('a snapshot', () => again.station.archive.snapshots.length > 0);
  await again.close();
  t.ok(existsSync(join(directory, 'snapshots', '60.snapshot')), 'what it is nobody knows');
});
