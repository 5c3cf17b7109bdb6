/** `halctl run` and signals: each comes to the command once, whoever sent it, and none opens a debugger. */

import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import type { Test } from 'tap';
import { folderOf } from '../folder.ts';
import { until } from '../station/harness.ts';
import { stationHere } from './station-here.ts';
import { environment, scripts, shell } from './station.ts';
import { typed } from './typed.ts';

const facts = `cluster: galileo
hosts:
  - fqdn: n1.example
    roles: []
    variables: { lnid: 10.0.0.1@tcp }
`;
const roles = `- role: job
  processes:
    - { name: job, type: client, endpoint: "{{ lnid }}:12345:41:302", services: [RMS], ownership: independent }
`;

/** All but those that nobody can handle, that say that a process is broken, and its own. */
const passed = new Set(Object.values(constants.signals));
for (const name of 'KILL STOP CHLD PIPE ILL TRAP BUS FPE SEGV SYS'.split(' '))
  passed.delete(constants.signals[`SIG${name}` as NodeJS.Signals]);

/**
 * Writes the number of each signal that it takes on a line of the file `taken`. It takes them one
 * after another, so that those that were sent before the last one have been written before it.
 */
const taker = `
: >taken
for number in ${[...passed].join(' ')}; do trap "echo $number >>taken" "$number"; done
echo $$ >pid
while [ ! -e enough ]; do sleep 0.02; done`;

interface Place {
  readonly folder: string;
  readonly env: NodeJS.ProcessEnv;
}

// All tests have one station, and each a folder of its own.
const { url, token } = await stationHere(t);

const openCluster = async (t: Test): Promise<Place> => {
  const folder = folderOf(t, { 'facts.yaml': facts, 'roles.yaml': roles, 'taker.sh': taker });
  writeFileSync(join(folder, 'token'), token, { mode: 0o600 });
  const env = environment(folder, {
    HALCYON_STATION: url,
    HALCYON_TOKEN_FILE: join(folder, 'token'),
    // How Node.js itself is started is part of this: it is started as by users.
    HALCYON_JOINED: undefined,
  });
  t.match(await typed('halctl cluster load -f facts.yaml -r roles.yaml', folder, env), { code: 0 });
  return { folder, env };
};

const taking = 'halctl run --host n1.example --role job -- sh taker.sh';

/** What the command has taken, as soon as it has taken `last`. */
const takenUntil = async ({ folder }: Place, last: NodeJS.Signals): Promise<number[]> => {
  const taken = (): number[] =>
    readFileSync(join(folder, 'taken'), 'utf8').split('\n').filter(Boolean).map(Number);
  await until(`the command to take ${last}`, () => taken().includes(constants.signals[last]));
  return taken();
};

const begun = async ({ folder }: Place): Promise<number> => {
  const file = join(folder, 'pid');
  await until('the command to begin', () => existsSync(file) && readFileSync(file, 'utf8') !== '');
  return Number(readFileSync(file, 'utf8'));
};

const parentOf = (pid: number): number =>
  Number(/^PPid:\s*(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);

const finish = async ({ folder }: Place, child: ChildProcess): Promise<void> => {
  const ended = once(child, 'exit');
  writeFileSync(join(folder, 'enough'), '');
  t.same(await ended, [0, null]);
};

const start = (t: Test, { folder, env }: Place): ChildProcess => {
  const child = spawn(join(scripts, 'halctl'), taking.split(' ').slice(1), {
    cwd: folder,
    env,
    stdio: ['ignore', 'ignore', 'pipe'],
    detached: true,
  });
  t.teardown(() => child.kill('SIGKILL'));
  return child;
};

t.test('every signal that can be handled comes to the command, once', async (t) => {
  const place = await openCluster(t);
  const child = start(t, place);
  let complaints = '';
  child.stderr!.on('data', (bytes: Buffer) => (complaints += bytes.toString()));
  await begun(place);
  const last = constants.signals.SIGTERM;
  // Those that halt come before the one that lets it go on; all wait for each other.
  for (const number of passed)
    if (number !== last) {
      process.kill(child.pid!, number);
      await takenUntil(place, nameOf(number));
    }
  child.kill('SIGTERM');
  const taken = await takenUntil(place, 'SIGTERM');
  t.same(taken, [...[...passed].filter((number) => number !== last), last]);
  await finish(place, child);
  t.equal(complaints, '', 'no debugger was opened');
});

t.test('whoever is ended by a signal has failed, by a real-time signal too', async (t) => {
  const { folder, env } = await openCluster(t);
  const run = (script: string): Promise<{ code: number | null }> =>
    shell(`halctl run --host n1.example --role job -- sh -c '${script}'`, folder, env);
  for (const [script, code] of [
    ['kill -35 $$', 128 + 35],
    ['kill -64 $$', 128 + 64],
    ['kill -TERM $$', 128 + 15],
    ['kill -KILL $$', 128 + 9],
    ['exit 35', 35],
    ['exit 0', 0],
  ] as const)
    t.match(await run(script), { code }, script);
});

const nameOf = (number: number): NodeJS.Signals =>
  Object.entries(constants.signals).find(([, of]) => of === number)![0] as NodeJS.Signals;

t.test('what is sent to the whole process group comes once', async (t) => {
  const place = await openCluster(t);
  const child = start(t, place);
  await begun(place);
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGUSR1', 'SIGUSR2', 'SIGWINCH'] as const) {
    process.kill(-child.pid!, signal);
    await takenUntil(place, signal);
  }
  child.kill('SIGQUIT');
  const taken = await takenUntil(place, 'SIGQUIT');
  t.same(taken, [2, 15, 1, 10, 12, 28, 3]);
  await finish(place, child);
});

t.test("a terminal's Ctrl-C comes once, and so does kill, whatever the input is", async (t) => {
  const place = await openCluster(t);
  for (const input of ['', ' </dev/null']) {
    const terminal = spawn(
      'script',
      ['-qec', `rm -f pid enough; exec ${taking}${input}`, '/dev/null'],
      {
        cwd: place.folder,
        env: place.env,
      },
    );
    t.teardown(() => terminal.kill('SIGKILL'));
    await until('a new command', () => !existsSync(join(place.folder, 'enough')));
    const pid = await begun(place);
    terminal.stdin.write('\u0003');
    await takenUntil(place, 'SIGINT');
    terminal.stdin.write('\u001c');
    await takenUntil(place, 'SIGQUIT');
    process.kill(parentOf(pid), 'SIGUSR2');
    t.same(await takenUntil(place, 'SIGUSR2'), [2, 3, 12], `input:${input}`);
    process.kill(parentOf(pid), 'SIGINT');
    process.kill(parentOf(pid), 'SIGTERM');
    const taken = await takenUntil(place, 'SIGTERM');
    t.same(
      taken.toSorted((a, b) => a - b),
      [2, 2, 3, 12, 15],
      'kill, on a terminal',
    );
    await finish(place, terminal);
  }
});

t.test('a command with a process group of its own is not forgotten', async (t) => {
  const place = await openCluster(t);
  const line = `rm -f pid enough; exec ${taking.replace('-- sh', '-- setsid sh')}`;
  const terminal = spawn('script', ['-qec', line, '/dev/null'], {
    cwd: place.folder,
    env: place.env,
  });
  t.teardown(() => terminal.kill('SIGKILL'));
  await begun(place);
  terminal.stdin.write('\u0003');
  t.same(await takenUntil(place, 'SIGINT'), [2]);
  await finish(place, terminal);
});

t.test('Ctrl-Z halts the job, which goes on in the foreground', async (t) => {
  const { folder, env } = await openCluster(t);
  const halted = `sh -c 'echo begun; read line; echo went on with $line'`;
  const terminal = spawn('script', ['-qec', 'bash --norc -i', '/dev/null'], {
    cwd: folder,
    env: { ...env, PS1: '$ ' },
  });
  t.teardown(() => terminal.kill('SIGKILL'));
  let screen = '';
  terminal.stdout.on('data', (bytes: Buffer) => (screen += bytes.toString()));
  const shows = (text: RegExp): Promise<unknown> =>
    until(String(text), () => text.test(screen)).catch((error: unknown) => {
      throw new Error(`on the screen is ${JSON.stringify(screen)}`, { cause: error });
    });
  terminal.stdin.write(`halctl run --host n1.example --role job -- ${halted}\r`);
  await shows(/[\r\n]begun/);
  terminal.stdin.write('\u001a');
  await shows(/Stopped/);
  terminal.stdin.write('fg\r');
  await shows(/Stopped[^]*[\r\n]halctl run/);
  terminal.stdin.write('tea\r');
  await shows(/went on with tea/);
  terminal.stdin.write('exit\r');
  await once(terminal, 'exit');
});
