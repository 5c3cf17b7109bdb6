/** Units of a real systemd. */

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import type { Test } from 'tap';
import type { Assignment } from '../../../src/agent/supervision/assignment.ts';
import { statOf } from '../../../src/agent/supervision/proc.ts';
import { environmentFile } from '../../../src/core/lifecycle/configuration.ts';
import { oddLines, oddValues } from '../../core/odd-values.ts';
import { obstacle, SandboxedSystemd } from './sandboxed-systemd.ts';
import { assignment, kill, SupervisedHost, until } from './supervised-host.ts';

const script = (text: string): Pick<Assignment, 'command' | 'environment_file'> => ({
  command: [],
  environment_file: `SCRIPT="${text}"\n`,
});

t.test('without systemctl a unit is refused, and can be forgotten', async (t) => {
  const host = new SupervisedHost(t, { systemctl: '/no/such/systemctl' });
  const wanted = assignment({ command: [] });
  host.assign(wanted);
  const { reason } = await host.reaches(wanted.fid, 'refused');
  t.equal(
    reason,
    `the unit m0d@${wanted.fid}.service cannot be started: there is no /no/such/systemctl`,
  );
  host.supervision.forget(wanted.fid);
  await host.gone(wanted.fid);
});

const why = obstacle();
t.test('with systemd', { skip: why?.startsWith('only root') ? why : false }, async (t) => {
  if (why !== undefined) throw new Error(why);
  const systemd = new SandboxedSystemd();
  t.teardown(async () => systemd.stop());
  await systemd.ready();
  const { sysconfigDir, systemctl } = systemd;
  const open = (t: Test): SupervisedHost => new SupervisedHost(t, { sysconfigDir, systemctl });
  const unitOf = ({ unit, fid }: Assignment): string => `${unit}@${fid}.service`;
  const mainOf = (wanted: Assignment): number =>
    Number(systemd.call('show', '--value', '--property=MainPID', unitOf(wanted)));

  /** What a unit waits for, or tells by: a file that it sees as well as we. */
  let signals = 0;
  const signalFile = (): { here: string; there: string } => {
    const name = `signal-${(signals += 1)}`;
    return { here: join(sysconfigDir, name), there: `/shared/sysconfig/${name}` };
  };
  const waitFor = (file: string): string => `until [ -e ${file} ]; do sleep 0.1; done`;
  const runsSleep = (pid: number): Promise<void> =>
    until('its command runs', () =>
      readFileSync(`/proc/${pid}/cmdline`, 'latin1').startsWith('sleep\x001000'),
    );

  t.test('a unit is started with its settings, becomes online, and is stopped', async (t) => {
    const host = open(t);
    const wanted = assignment(script('exec sleep 1000'));
    const file = join(sysconfigDir, `m0d-${wanted.fid}`);
    host.assign(wanted);
    const { pid, started } = await host.reaches(wanted.fid, 'online');
    await until('its pid is known', () => host.now(wanted.fid)?.pid);
    const now = host.now(wanted.fid)!;
    t.ok(pid === null || pid === now.pid);
    t.equal(now.pid, mainOf(wanted));
    t.equal(now.started, statOf(now.pid!)?.started);
    t.ok(started === null || started === now.started);
    await runsSleep(now.pid!);
    host.assign({ ...wanted, run: false });
    const end = await host.reaches(wanted.fid, 'exited');
    t.match(end.reason, /when it was stopped/);
    t.equal(statOf(now.pid!), undefined);
    host.supervision.forget(wanted.fid);
    await host.gone(wanted.fid);
    t.notOk(existsSync(file));
  });

  t.test('a unit has the values of its environment file as they were written', async (t) => {
    const host = open(t);
    const values = { ...oddValues, ...oddLines, SCRIPT: 'exec sleep 1000' };
    const wanted = assignment({ command: [], environment_file: environmentFile(values) });
    host.assign(wanted);
    await host.reaches(wanted.fid, 'online');
    await until('its pid is known', () => host.now(wanted.fid)?.pid);
    const { pid } = host.now(wanted.fid)!;
    await runsSleep(pid!);
    const found = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
    for (const [name, value] of Object.entries(values))
      t.ok(found.includes(`${name}=${value}`), `${name} in ${JSON.stringify(found)}`);
    host.assign({ ...wanted, run: false });
    await host.reaches(wanted.fid, 'exited');
    host.supervision.forget(wanted.fid);
    await host.gone(wanted.fid);
  });

  t.test('a unit that ends is reported with its code or signal, and not restarted', async (t) => {
    const host = open(t);
    const fails = assignment(script('exit 3'));
    const killed = assignment(script('exec sleep 1000'));
    host.assign(fails, killed);
    const failed = await host.reaches(fails.fid, 'exited');
    t.equal(failed.code, 3);
    await until('the pid is known', () => host.now(killed.fid)?.pid);
    kill(host.now(killed.fid)!.pid!, 'SIGKILL');
    const end = await host.reaches(killed.fid, 'exited');
    t.equal(end.signal, 'SIGKILL');
    t.equal(mainOf(killed), 0);
    host.assign({ ...killed, generation: 2 });
    await host.reaches(killed.fid, 'online', 2);
    t.ok(mainOf(killed) > 0);
  });

  t.test('an agent that comes back takes over units, and learns how others ended', async (t) => {
    const host = open(t);
    const stays = assignment(script('exec sleep 1000'));
    const end4 = signalFile();
    const ends = assignment(script(`${waitFor(end4.there)}; exit 4`));
    host.assign(stays, ends);
    for (const { fid } of [stays, ends]) {
      await host.reaches(fid, 'online');
      await until('the pid is known', () => host.now(fid)?.pid);
    }
    const before = host.now(stays.fid);
    await host.supervision.close();
    writeFileSync(end4.here, '');
    await until('the other ends', () => mainOf(ends) === 0);
    await host.restart();
    t.same(host.now(stays.fid), before);
    const end = await host.reaches(ends.fid, 'exited');
    t.equal(end.code, 4);
    host.assignAll(stays, ends);
    t.equal(mainOf(stays), before!.pid);
  });

  t.test('readiness by notification is what systemd says', async (t) => {
    const host = open(t);
    const ready = signalFile();
    const text = `${waitFor(ready.there)}; systemd-notify --ready; exec sleep 1000`;
    const wanted = assignment({ ...script(text), unit: 'm0notify', ready: { kind: 'notify' } });
    host.assign(wanted);
    await until('the pid is known', () => host.now(wanted.fid)?.pid);
    t.equal(host.now(wanted.fid)?.state, 'starting');
    writeFileSync(ready.here, '');
    await host.reaches(wanted.fid, 'online');
  });

  t.test('a unit that ignores SIGTERM is killed after the timeout', async (t) => {
    const host = open(t);
    const ignores = signalFile();
    const wanted = assignment({
      ...script(`trap '' TERM; : >${ignores.there}; sleep 1000; sleep 1000`),
      stop_timeout_ms: 300,
    });
    host.assign(wanted);
    await host.reaches(wanted.fid, 'online');
    await until('the pid is known', () => host.now(wanted.fid)?.pid);
    await until('it ignores SIGTERM', () => existsSync(ignores.here));
    host.assign({ ...wanted, run: false });
    const end = await host.reaches(wanted.fid, 'exited');
    t.equal(end.signal, 'SIGKILL');
  });

  t.test('there is no such unit', async (t) => {
    const host = open(t);
    const wanted = assignment({ command: [], unit: 'nobody' });
    host.assign(wanted);
    const { reason } = await host.reaches(wanted.fid, 'refused');
    t.match(reason, /cannot be started: systemd says it is not-found/);
  });

  t.test('a unit that runs with other settings is started anew', async (t) => {
    const host = open(t);
    const wanted = assignment(script('exec sleep 1000'));
    writeFileSync(join(sysconfigDir, `m0d-${wanted.fid}`), 'SCRIPT="exec sleep 999"\n');
    systemd.call('start', unitOf(wanted));
    const stale = mainOf(wanted);
    host.assign(wanted);
    await host.reaches(wanted.fid, 'online');
    await until('the pid is known', () => host.now(wanted.fid)?.pid);
    t.not(mainOf(wanted), stale);
    await runsSleep(mainOf(wanted));
  });

  t.test('a start that an agent could not record is not made again', async (t) => {
    const host = open(t);
    const wanted = assignment(script('exec sleep 1000'));
    host.assign(wanted);
    await host.reaches(wanted.fid, 'online');
    await until('the pid is known', () => host.now(wanted.fid)?.pid);
    await host.supervision.close();
    const file = join(host.stateDir, 'runs', `${wanted.fid}.json`);
    const record = JSON.parse(readFileSync(file, 'utf8')) as object;
    writeFileSync(file, JSON.stringify({ ...record, phase: 'intent', main: null, online: false }));
    const before = mainOf(wanted);
    await host.restart();
    host.assign(wanted);
    await host.reaches(wanted.fid, 'online');
    t.equal(mainOf(wanted), before);
  });
});
