/** What a station keeps is its user's alone. With the real executable. */

import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  linkSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { servingOf } from '../../src/daemons/serving.ts';
import { bodyOf, openStation, runStation, startStation, temporary } from './harness.ts';

const facts = `cluster: c
hosts:
  - fqdn: n1.example
    roles: []
    obm: { type: ipmi, address: 10.1.0.1, user: admin, password: secret }
`;

t.test('files are closed to others, whatever the modes and the umask were', async (t) => {
  const directory = temporary(t);
  const loose = ['sh', '-c', 'umask 0; exec "$@"', 'sh'];
  chmodSync(directory, 0o755);
  const first = await startStation(t, directory, { through: loose });
  t.match(first.stderr(), `{"level":40`);
  t.match(first.stderr(), /"mode":"0755","msg":"others could use it; now nobody else can"/);
  const loaded = await first.ask('POST', '/load', bodyOf(facts));
  t.equal(loaded.status, 200, loaded.text);
  const open = (): string[] =>
    ['.', ...readdirSync(directory, { recursive: true, encoding: 'utf8' })].filter(
      (name) => (statSync(join(directory, name)).mode & 0o077) !== 0,
    );
  t.same(open(), [], 'while it runs');
  for (const name of ['log.db', 'log.db-wal', 'log.db-shm', 'head', 'lock.db', 'station.key'])
    t.ok(statSync(join(directory, name)).isFile(), name);
  await first.end('SIGKILL');
  mkdirSync(join(directory, 'snapshots'));
  writeFileSync(join(directory, 'snapshots', '1.snapshot'), '');
  execFileSync('chmod', ['-R', 'a+rwX', directory]);
  chmodSync(join(directory, 'station.key'), 0o600);
  const second = await startStation(t, directory, { token: first.admin!, through: loose });
  t.same(open(), [], 'after others had made them wider');
  t.match(second.stderr(), /log\.db","mode":"0666","msg":"others could use it/);
  t.equal((await second.end('SIGTERM')).code, 0);
});

t.test('what is not the station’s own is refused, and says what to do', async (t) => {
  const { directory: whole, close } = await openStation(t);
  await close();
  const files = ['log.db', 'head', 'lock.db', 'station.key'];
  for (const name of [...files, 'secrets.json', 'log.db-wal', 'log.db-shm'])
    for (const [kind, put] of Object.entries({
      'a link': (path: string, kept: string) => symlinkSync(kept, path),
      'a dangling link': (path: string) => symlinkSync('/nowhere', path),
      'a FIFO': (path: string) => execFileSync('mkfifo', [path]),
      'a directory': (path: string) => mkdirSync(path),
      foreign: (path: string, kept: string) => {
        linkSync(kept, path);
        execFileSync('chown', ['65534', path]);
      },
    })) {
      const [directory, kept] = [temporary(t), join(temporary(t), name)];
      for (const file of files) copyFileSync(join(whole, file), join(directory, file));
      writeFileSync(join(directory, name), '', { flag: 'a', mode: 0o600 });
      chmodSync(join(directory, 'station.key'), 0o600);
      renameSync(join(directory, name), kept);
      put(join(directory, name), kept);
      await t.rejects(
        openStation(t, { directory }),
        { message: new RegExp(`${name.replaceAll('.', '\\.')}.* (is|belongs to) `) },
        `${name}: ${kind}`,
      );
    }
});

t.test('a data directory that is a link, a file or another user’s is refused', async (t) => {
  const folder = temporary(t);
  mkdirSync(join(folder, 'data'));
  symlinkSync(join(folder, 'data'), join(folder, 'link'));
  writeFileSync(join(folder, 'file'), '');
  mkdirSync(join(folder, 'foreign'));
  execFileSync('chown', ['65534', join(folder, 'foreign')]);
  for (const [name, said] of [
    ['link/', `link is a symbolic link; give the directory itself, ${join(folder, 'data')}`],
    ['file', 'is not a directory'],
    ['foreign', 'belongs to the user 65534, and this runs as the user 0: run it as that user, or:'],
  ] as const) {
    const directory = `${folder}/${name}`;
    const error = await openStation(t, { directory }).then(
      () => undefined,
      (error: Error) => error,
    );
    t.match(error?.message, said, name);
    if (name !== 'foreign') continue;
    const run = runStation(t, ['--data', directory, '--listen', '127.0.0.1:0']);
    t.equal(await run.ended, 1);
    t.match(run.stderr(), said);
  }
  rmSync(join(folder, 'foreign'), { recursive: true });
});

t.test('a second station on a directory is told whose it is', async (t) => {
  const first = await openStation(t);
  const { directory } = first;
  const second = runStation(t, ['--data', directory, '--listen', '127.0.0.1:0']);
  t.equal(await second.ended, 1);
  const said = new RegExp(`lock\\.db is in use: another process \\(pid ${process.pid}\\)`);
  t.match(second.stderr(), said);
  t.equal((await first.ask('GET', '/whoami')).status, 200, 'the first serves');
});

t.test('a private key for TLS that others can use is refused', async (t) => {
  const folder = temporary(t);
  const [cert, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
  const request =
    'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 1 -subj /CN=x';
  const files = ['-keyout', key, '-out', cert];
  execFileSync('openssl', [...request.split(' '), ...files], { stdio: 'ignore' });
  const flags = ['--tls-cert', cert, '--tls-key', key];
  const data = (): string => {
    const directory = join(folder, 'data');
    mkdirSync(directory, { mode: 0o700, recursive: true });
    return directory;
  };
  const refused = async (said: RegExp): Promise<void> => {
    const station = runStation(t, ['--data', data(), '--listen', '127.0.0.1:0', ...flags]);
    t.equal(await station.ended, 1);
    t.match(station.stderr(), said);
  };
  for (const mode of [0o644, 0o604, 0o660]) {
    chmodSync(key, mode);
    const message = new RegExp(
      `key.pem holds a private key, and others may use it \\(mode 0${mode.toString(8)}\\); ` +
        `make it yours alone: chmod 600 ${key}`,
    );
    t.throws(() => servingOf({ listen: '127.0.0.1:0', tlsCert: cert, tlsKey: key }), { message });
  }
  execFileSync('chown', ['65534', key]);
  chmodSync(key, 0o600);
  await refused(/key.pem holds a private key and belongs to another user, 65534/);
  t.same(readdirSync(data()), [], 'nothing has been opened before');
  // As Debian's ssl-cert has it: of root, for the group of those who serve.
  execFileSync('chown', ['0:65534', key]);
  chmodSync(key, 0o640);
  const station = await startStation(t, data(), { flags });
  t.match(station.url, /^https:/);
});
