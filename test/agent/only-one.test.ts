/** One agent a state directory and a host name on a machine. With the real executable. */

import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  mkdirSync,
  readdirSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import type { Test } from 'tap';
import { folderOf } from '../folder.ts';
import { temporary } from '../station/harness.ts';
import { Executable } from './executable.ts';
import { until } from './played-station.ts';

/** Nobody answers there; each test has one of its own, as agents meet by it too. */
let port = 0;
t.beforeEach(() => (port += 1));

const agent = (
  t: Test,
  stateDir: string,
  args: readonly string[] = [],
  through: readonly string[] = [],
): Executable =>
  new Executable(
    t,
    [
      ...['agent', '--station', `http://127.0.0.1:${port}`, '--state-dir', stateDir],
      ...['--sysconfig-dir', join(stateDir, 'sysconfig'), '--fqdn', `n${process.pid}.example`],
      ...args,
    ],
    { HALCYON_TOKEN: 'secret' },
    through,
  );

const refusedBy = async (second: Executable): Promise<string> => {
  const { code } = await second.exit;
  return code === 1 ? second.stderr : `ended with ${code}: ${second.stdout}`;
};

/** Another name, so that the state directory alone is what two agents have in common. */
const named = (fqdn: string): string[] => ['--fqdn', fqdn];

t.test('a second agent with the same state directory is refused, by name and pid', async (t) => {
  const stateDir = join(temporary(t), 'state');
  const first = agent(t, stateDir);
  await first.says(/"starting"/);
  const said = await refusedBy(agent(t, stateDir, named('other.example')));
  t.match(said, `halcyon agent: ${stateDir} is in use by another agent: process ${first.pid}`);
  t.match(said, /give this one a --state-dir of its own, or stop the other one/);
  t.notOk(first.hasLogged(/in use/), 'the first one goes on');
});

t.test(
  'by another path, from another namespace of processes, the directory is the same',
  async (t) => {
    const folder = temporary(t);
    const stateDir = join(folder, 'state');
    const first = agent(t, stateDir);
    await first.says(/"starting"/);
    mkdirSync(join(folder, 'mounted'));
    const mounting = [
      'unshare',
      '--mount',
      'sh',
      '-c',
      'mount --bind "$0" "$1" && shift && exec "$@"',
    ];
    const elsewhere = [...mounting, stateDir, join(folder, 'mounted')];
    t.match(
      await refusedBy(agent(t, join(folder, 'mounted'), named('other.example'), elsewhere)),
      /mounted is in use by another agent: process \d+/,
    );
    const contained = ['unshare', '--pid', '--fork', '--mount-proc', '--net'];
    t.match(
      await refusedBy(agent(t, stateDir, named('other.example'), contained)),
      /state is in use by another agent: a process holds/,
      'in a container no pid of another one is known',
    );
  },
);

t.test('a killed agent leaves nothing that keeps the next one from starting', async (t) => {
  const stateDir = join(temporary(t), 'state');
  const first = agent(t, stateDir);
  await first.says(/"starting"/);
  await first.stop('SIGKILL');
  const second = agent(t, stateDir);
  await second.says(/"starting"/);
  t.equal((await second.stop()).code, 0);
  const third = agent(t, stateDir);
  await third.says(/"starting"/);
});

t.test('a second agent of one host name is refused, whatever its state directory', async (t) => {
  const folder = temporary(t);
  const first = agent(t, join(folder, 'first'));
  await first.says(/"starting"/);
  cpSync(join(folder, 'first', 'agent-id'), join(folder, 'copied', 'agent-id'));
  for (const other of ['second', 'copied'])
    t.match(
      await refusedBy(agent(t, join(folder, other))),
      new RegExp(
        `another agent is n${process.pid}\\.example at http://127.0.0.1:${port}/ on this machine: process \\d+`,
      ),
      other,
    );
  const another = agent(t, join(folder, 'another'), named('another.example'));
  await another.says(/"starting"/);
  await first.stop('SIGKILL');
  const next = agent(t, join(folder, 'second'));
  await next.says(/"starting"/);
});

t.test('who may not hold names is told so, and runs', async (t) => {
  const folder = temporary(t);
  const stateDir = join(folder, 'state');
  const hidden = ['unshare', '--mount', 'sh', '-c', 'mount -t tmpfs -o ro none /run && exec "$@"'];
  const lone = agent(t, stateDir, [], [...hidden, 'sh']);
  await lone.says(/cannot see whether another agent of this name runs on this machine/);
  await until('it to try', () => lone.hasLogged(/cannot connect|ECONNREFUSED|connection/));
});

t.test('what an agent keeps is closed to others, whatever the modes were', async (t) => {
  const folder = folderOf(t, {
    state: { runs: { '0x1:0x1.json': '{}' }, logs: { '0x1:0x1.log': 'said' } },
  });
  const stateDir = join(folder, 'state');
  execFileSync('chmod', ['-R', 'a+rwX', stateDir]);
  const open = agent(t, stateDir, [], ['sh', '-c', 'umask 0; exec "$@"', 'sh']);
  await open.says(/"starting"/);
  await open.says(/others could use it; now nobody else can/);
  await open.stop();
  const modes = readdirSync(stateDir, { recursive: true, encoding: 'utf8' }).map((name) => {
    const stat = statSync(join(stateDir, name));
    return `${name} ${stat.mode & 0o077}`;
  });
  t.equal(statSync(stateDir).mode & 0o777, 0o700);
  t.same(
    modes.filter((mode) => !mode.endsWith(' 0')),
    [],
  );
  t.ok(modes.length >= 6, modes.join(', '));
});

t.test('a token file that others can read is refused, at the start and later', async (t) => {
  const folder = temporary(t);
  const file = join(folder, 'token');
  writeFileSync(file, 'secret');
  const started = (mode: number): Executable => {
    chmodSync(file, mode);
    const flags = ['--token-file', file];
    return agent(t, join(folder, 'state'), flags, ['env', '-u', 'HALCYON_TOKEN']);
  };
  for (const mode of [0o644, 0o604, 0o640, 0o620, 0o606])
    t.match(
      await refusedBy(started(mode)),
      `${file} holds a token, and others may use it (mode 0${mode.toString(8)}); make it yours alone: chmod 600 ${file}`,
    );
  const running = started(0o600);
  await running.says(/ECONNREFUSED/);
  chmodSync(file, 0o644);
  await running.says(/holds a token, and others may use it/);
});

t.test('a state directory that is not the agent’s own is refused', async (t) => {
  const folder = folderOf(t, { state: {}, foreign: {}, file: 'no directory', strange: {} });
  symlinkSync(join(folder, 'state'), join(folder, 'link'));
  execFileSync('chown', ['65534', join(folder, 'foreign')]);
  execFileSync('mkfifo', [join(folder, 'strange', 'agent-id')]);
  for (const [name, said] of [
    ['link', `is a symbolic link; give the directory itself, ${join(folder, 'state')}`],
    ['link/', 'is a symbolic link'],
    ['foreign', 'belongs to the user 65534, and this runs as the user 0: run it as that user, or:'],
    ['file', 'is not a directory'],
    ['strange', 'agent-id is no file; remove it'],
  ] as const)
    t.match(await refusedBy(agent(t, `${folder}/${name}`)), said, name);
});
