/** What processes write, through their pipes and the logger, with real processes and their worst. */

import { execFileSync, spawn } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  closeSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { bootId, runVariable, statOf } from '../../../src/agent/supervision/proc.ts';
import { intended, runName } from '../../../src/agent/supervision/run-record.ts';
import { folderOf } from '../../folder.ts';
import { assignment, kill, shell, readIfThere, SupervisedHost, until } from './supervised-host.ts';

const patience = 60_000;

/** The logger of an agent. */
const loggerOf = ({ stateDir }: SupervisedHost): number | undefined =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .find((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'latin1').includes(
          `\0${join(stateDir, 'pipes')}\0`,
        );
      } catch {
        return false;
      }
    }) as number | undefined;

const loggerPid = async (host: SupervisedHost, other?: number): Promise<number> => {
  let pid: number | undefined;
  const isThere = (): boolean => (pid = Number(loggerOf(host) ?? 0)) > 0 && pid !== other;
  await until('a logger', isThere, patience);
  return pid!;
};

/** Everything kept of a stream, oldest first. */
const kept = (host: SupervisedHost, fid: string): string =>
  ['.2', '.1', '']
    .map((age) => host.supervision.logs(fid) + age)
    .map(readIfThere)
    .join('');

/** Whole lines of numbers, which must be without a gap. */
const numbers = (text: string): number[] =>
  text.split('\n').slice(1, -1).filter(Boolean).map(Number);

const isConsecutive = (list: readonly number[]): boolean =>
  list.length > 0 && list.every((n, i) => i === 0 || n === list[i - 1]! + 1);

t.test('a burst is never kept beyond its limits', async (t) => {
  const bytes = 1_000_000;
  const host = new SupervisedHost(t, { output: { bytes, files: 3 } });
  const burst = shell('head -c 400000000 /dev/zero; seq 100; exec sleep 1000');
  const wanted = assignment({ command: burst });
  host.assign(wanted);
  await host.reaches(wanted.fid, 'online');
  const folder = join(host.stateDir, 'logs');
  let most = 0;
  await until(
    'it has all been written',
    () => {
      const sizes = readdirSync(folder)
        .filter((name) => name.startsWith(`${wanted.fid}.log`))
        .map((name) => statSync(join(folder, name), { throwIfNoEntry: false })?.size ?? 0);
      most = Math.max(most, ...sizes, sizes.length > 3 ? Infinity : 0);
      return host.output(wanted.fid).endsWith('\n99\n100\n');
    },
    patience,
  );
  t.ok(most <= bytes, `the longest file had ${most} bytes`);
});

t.test('a process may open its own streams again', async (t) => {
  const host = new SupervisedHost(t);
  const script =
    'echo a >&2; echo b >/dev/stderr; echo c >/proc/self/fd/2; echo d >&2; echo e >/dev/stdout';
  const wanted = assignment({ command: shell(`${script}; exec sleep 1000`) });
  host.assign(wanted);
  await host.reaches(wanted.fid, 'online');
  await until('it has spoken', () => host.output(wanted.fid) === 'e\n');
  await host.says(wanted.fid, 'a\nb\nc\nd\n', 'stderr');
  for (const name of ['stdout', 'stderr']) {
    const { mode } = statSync(join(host.stateDir, 'pipes', `${wanted.fid}.${name}`));
    t.equal(mode & 0o777, 0o600, 'nobody else may');
  }
});

t.test('any bytes, long lines, and closed streams are taken as they are', async (t) => {
  const host = new SupervisedHost(t);
  const long = assignment({
    command: shell('head -c 10000000 /dev/zero | tr "\\0" x; exec sleep 1000'),
  });
  const binary = assignment({ command: shell('printf "\\377\\000\\001\\n"; exec sleep 1000') });
  const closing = assignment({ command: shell('echo last; exec >&- 2>&-; exec sleep 1000') });
  host.assign(long, binary, closing);
  for (const { fid } of [long, binary, closing]) await host.reaches(fid, 'online');
  await until('all is there', () => host.output(long.fid).length === 10_000_000, patience);
  await until('binary', () => host.output(binary.fid).length > 0);
  t.same([...readFileSync(host.supervision.logs(binary.fid))], [255, 0, 1, 10]);
  await until('last words', () => host.output(closing.fid) === 'last\n');
  t.equal(host.now(closing.fid)?.state, 'online');
});

t.test('nothing is lost when the agent goes and comes back in the middle of a flood', async (t) => {
  const host = new SupervisedHost(t, { output: { bytes: 5_000_000, files: 3 } });
  const wanted = assignment({ command: shell('exec seq 1000000000000') });
  host.assign(wanted);
  await host.reaches(wanted.fid, 'online');
  const pid = await loggerPid(host);
  const written = (): number =>
    Number(/(\d+)\n\d*$/.exec(kept(host, wanted.fid).slice(-40))?.[1] ?? 0);
  await until('it writes', () => written() > 1000, patience);
  await host.supervision.close();
  const before = written();
  await until('it goes on without an agent', () => written() > before + 100_000, patience);
  await host.restart();
  t.equal(host.now(wanted.fid)?.state, 'online');
  const after = written();
  await until('it goes on', () => written() > after + 100_000, patience);
  t.equal(await loggerPid(host), pid, 'by the same logger');
  process.kill(host.now(wanted.fid)!.pid!, 'SIGSTOP');
  let seen = '';
  // While files are moved aside, a look at one after the other misses some or sees it twice.
  await until('all that was written is there, without a gap', () => {
    const before = seen;
    seen = kept(host, wanted.fid);
    return before === seen && isConsecutive(numbers(seen));
  });
});

t.test(
  'a logger that is killed is followed by another, and no process ends or stops',
  async (t) => {
    const host = new SupervisedHost(t);
    const script = 'i=0; while :; do i=$((i+1)); echo $i; sleep 0.01; done';
    const steady = assignment({ command: shell(script) });
    const flood = assignment({ command: ['yes'] });
    host.assign(steady, flood);
    await host.reaches(steady.fid, 'online');
    await host.reaches(flood.fid, 'online');
    let pid = await loggerPid(host);
    for (const isUnlinked of [false, true]) {
      if (isUnlinked) rmSync(join(host.stateDir, 'pipes', `${steady.fid}.stdout`));
      const before = numbers(host.output(steady.fid)).at(-1) ?? 0;
      kill(pid, 'SIGKILL');
      pid = await loggerPid(host, pid);
      const goesOn = (): boolean => numbers(host.output(steady.fid)).at(-1)! > before + 10;
      await until(
        `it goes on${isUnlinked ? ', without a name of its pipe' : ''}`,
        goesOn,
        patience,
      );
    }
    t.ok(isConsecutive(numbers(host.output(steady.fid))));
    t.equal(host.now(flood.fid)?.state, 'online');
    t.equal(host.now(steady.fid)?.state, 'online');
  },
);

t.test('a logger that hangs is ended, and one that nobody needs ends', async (t) => {
  const host = new SupervisedHost(t);
  const wanted = assignment({ command: shell('echo a; exec sleep 1000') });
  host.assign(wanted);
  await host.reaches(wanted.fid, 'online');
  const pid = await loggerPid(host);
  process.kill(pid, 'SIGUSR1');
  process.kill(pid, 'SIGSTOP');
  const reader = host.supervision.readOutput(wanted.fid, {
    channels: ['stdout'],
    lines: null,
    follow: false,
  });
  t.equal((await reader.next())?.data.toString().slice(0, 7), 'started');
  reader.close();
  await loggerPid(host, pid);
  host.supervision.forget(wanted.fid);
  await host.gone(wanted.fid);
  await host.supervision.close();
  await until('no logger is left', () => loggerOf(host) === undefined, patience);
  host.open();
});

t.test('one of another release that does not make room is ended', async (t) => {
  const host = new SupervisedHost(t);
  const pipes = join(host.stateDir, 'pipes');
  mkdirSync(pipes, { mode: 0o700 });
  const script = `
    const server = require('node:net').createServer((agent) => {
      agent.resume().write(JSON.stringify({ type: 'hello', version: 'older', pid: process.pid }) + '\\n');
    });
    server.listen('logger.sock', () => console.log('listens'));`;
  const older = spawn(process.execPath, ['-e', script], {
    cwd: pipes,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  t.teardown(() => older.kill('SIGKILL'));
  const ended = once(older, 'exit');
  await once(older.stdout, 'data');
  const wanted = assignment({ command: shell('echo a; exec sleep 1000') });
  host.assign(wanted);
  await host.reaches(wanted.fid, 'online');
  t.same(await ended, [null, 'SIGKILL']);
  await host.says(wanted.fid, 'a\n');
});

t.test('a logger to which no agent ever comes ends', async (t) => {
  const folder = folderOf(t, { pipes: {}, logs: {} });
  const program = join(import.meta.dirname, '../../../src/agent/logger/main.ts');
  const args = [program, join(folder, 'pipes'), join(folder, 'logs'), 'none'];
  const child = spawn(process.execPath, args, { cwd: join(folder, 'pipes'), stdio: 'inherit' });
  t.teardown(() => child.kill('SIGKILL'));
  t.same(await once(child, 'exit'), [0, null]);
});

t.test('floods take nobody else the chance to be heard', async (t) => {
  const host = new SupervisedHost(t, { output: { bytes: 1_000_000, files: 2 } });
  const floods = Array.from({ length: 20 }, () => assignment({ command: ['yes'] }));
  host.assign(...floods);
  for (const { fid } of floods) await host.reaches(fid, 'online');
  const quiet = assignment({ command: shell('echo heard; exec sleep 1000') });
  host.assign(quiet);
  await host.reaches(quiet.fid, 'online');
  await until('it is heard', () => host.output(quiet.fid) === 'heard\n', patience);
  for (const { fid } of floods) t.ok(kept(host, fid).length > 0);
});

t.test('a full disk holds no process up, and what is missing is said', async (t) => {
  const disk = mkdtempSync(join(tmpdir(), 'halcyon-disk-'));
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', disk]);
  t.teardown(() => {
    execFileSync('umount', ['-l', disk]);
    rmSync(disk, { recursive: true });
  });
  const host = new SupervisedHost(t, { output: { bytes: 10_000_000, files: 3 } });
  mkdirSync(host.stateDir, { recursive: true });
  execFileSync('mount', ['--bind', disk, join(host.stateDir, 'logs')]);
  t.teardown(() => execFileSync('umount', ['-l', join(host.stateDir, 'logs')]));
  const ready = join(host.folder, 'ready');
  const go = join(host.folder, 'go');
  const script = `head -c 5000000 /dev/zero; : >${ready}; while [ ! -e ${go} ]; do sleep 0.05; done; echo after; exec sleep 1000`;
  const wanted = assignment({ command: shell(script) });
  host.assign(wanted);
  await host.reaches(wanted.fid, 'online');
  await until('it has written all', () => existsSync(ready), patience);
  const other = join(disk, `${wanted.fid}.log`);
  t.ok(statSync(other).size <= 1024 * 1024);
  execFileSync('mount', ['-o', 'remount,size=4m', disk]);
  writeFileSync(go, '');
  await until('it is heard again', () => host.output(wanted.fid).endsWith('after\n'), patience);
  const [, lost] = /\n\[(\d+) bytes of output could not be kept here: ENOSPC/.exec(
    host.output(wanted.fid),
  )!;
  const zeros = host.output(wanted.fid).lastIndexOf('\0') + 1;
  t.equal(zeros + Number(lost), 5_000_000);
});

t.test('a state directory may have a path that is too long for a socket', async (t) => {
  const stateDir = join(folderOf(t, {}), 'a'.repeat(120));
  const host = new SupervisedHost(t, { stateDir });
  const wanted = assignment({ command: shell('echo heard; exec sleep 1000') });
  host.assign(wanted);
  await host.reaches(wanted.fid, 'online');
  await until('it is heard', () => host.output(wanted.fid) === 'heard\n');
});

t.test('who writes straight into a file goes on, as an earlier release began it', async (t) => {
  const bytes = 100_000;
  const host = new SupervisedHost(t, { output: { bytes, files: 3 } });
  const wanted = assignment({ command: ['sleep', '1000'] });
  await host.supervision.close();
  const log = host.supervision.logs(wanted.fid);
  const file = openSync(log, 'a', 0o600);
  const run = intended(wanted, 'nonce', bootId());
  const child = spawn('sh', ['-c', 'while seq 1000; do sleep 0.05; done'], {
    detached: true,
    env: { ...process.env, [runVariable]: runName(run) },
    stdio: ['ignore', file, file],
  });
  closeSync(file);
  const main = statOf(child.pid!)!;
  const record = {
    ...run,
    phase: 'running',
    main: { pid: main.pid, started: main.started },
    online: true,
  };
  writeFileSync(join(host.stateDir, 'runs', `${wanted.fid}.json`), JSON.stringify(record));
  host.open();
  host.assign(wanted);
  t.equal(host.now(wanted.fid)?.state, 'online');
  await until('it is kept short', () => existsSync(`${log}.2`), patience);
  const ended = once(child, 'exit');
  host.assign({ ...wanted, generation: 2, command: shell('echo anew; exec sleep 1000') });
  await ended;
  await host.reaches(wanted.fid, 'online', 2);
  await until('the next run is heard', () => host.output(wanted.fid).endsWith('anew\n'));
});
