/** The life of processes that the agent runs itself. */

import { existsSync, mkdirSync, readFileSync, statSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { statOf } from '../../../src/agent/supervision/proc.ts';
import { descriptorsGiven } from '../../../src/client/started-with.ts';
import {
  assignment,
  kill,
  newFid,
  pidsOf,
  shell,
  SupervisedHost,
  until,
} from './supervised-host.ts';

t.test('a process is started, becomes online, and is stopped', async (t) => {
  const host = new SupervisedHost(t);
  const wanted = assignment();
  host.assign(wanted);
  const { pid, started, generation } = await host.reaches(wanted.fid, 'online');
  t.equal(statOf(pid!)?.started, started);
  t.equal(statOf(pid!)?.group, pid, 'it leads a group of its own');
  t.equal(
    readFileSync(`/proc/${pid}/cmdline`, 'utf8'),
    'sleep\x001000\0'.replace('sleep', '/usr/bin/sleep'),
  );
  t.equal(generation, 1);

  host.assign({ ...wanted, run: false });
  const end = await host.reaches(wanted.fid, 'exited');
  t.equal(end.signal, 'SIGTERM');
  t.equal(end.pid, pid);
  t.match(end.reason, /when it was stopped/);
  t.same(host.states(wanted.fid), ['starting', 'online', 'stopping', 'exited']);
  t.same(pidsOf(wanted.fid), []);
});

t.test('a generation that ended is not started again; the next one is', async (t) => {
  const host = new SupervisedHost(t);
  const wanted = assignment({ command: shell('exit 3') });
  host.assign(wanted);
  const end = await host.reaches(wanted.fid, 'exited');
  t.equal(end.code, 3);
  host.assign(wanted);
  await host.restart();
  host.assign(wanted);
  t.match(host.now(wanted.fid), { state: 'exited', code: 3, generation: 1 });
  host.assign({ ...wanted, generation: 2, command: ['sleep', '1000'] });
  await host.reaches(wanted.fid, 'online', 2);
  t.same(host.states(wanted.fid), ['exited', 'starting', 'online']);
});

t.test('a higher generation replaces the one that runs, an older is left out', async (t) => {
  const host = new SupervisedHost(t);
  const first = assignment({ generation: 4 });
  host.assign(first);
  const { pid } = await host.reaches(first.fid, 'online');
  host.assign({ ...first, generation: 5 });
  const second = await host.reaches(first.fid, 'online', 5);
  t.not(second.pid, pid);
  t.equal(statOf(pid!), undefined);
  host.assign({ ...first, generation: 3, run: false }, { ...first, generation: 4, run: false });
  t.equal(host.now(first.fid), second);
  t.same(host.states(first.fid), [
    'starting',
    'online',
    'stopping',
    'exited',
    'starting',
    'online',
  ]);
});

t.test('assignments that come twice start nothing twice', async (t) => {
  const host = new SupervisedHost(t);
  const wanted = assignment();
  host.assign(wanted, wanted);
  host.assignAll(wanted);
  await host.reaches(wanted.fid, 'online');
  host.assignAll(wanted);
  t.equal(pidsOf(wanted.fid).length, 1);
  t.same(host.states(wanted.fid), ['starting', 'online']);
});

t.test('what a full list does not name is stopped and forgotten', async (t) => {
  const host = new SupervisedHost(t);
  const [stays, goes] = [assignment(), assignment()];
  host.assign(stays, goes);
  await host.reaches(stays.fid, 'online');
  await host.reaches(goes.fid, 'online');
  t.ok(existsSync(host.environmentFile(goes)));
  host.assignAll(stays);
  await host.gone(goes.fid);
  t.same(pidsOf(goes.fid), []);
  t.notOk(existsSync(host.environmentFile(goes)), 'its environment file is deleted');
  t.notOk(existsSync(`${host.stateDir}/runs/${goes.fid}.json`), 'its record too');
  t.notOk(existsSync(host.supervision.logs(goes.fid)), 'and its output');
  t.equal(host.now(stays.fid)?.state, 'online');
  t.ok(existsSync(host.environmentFile(stays)));
});

t.test('what does not run and should not is said to be exited', async (t) => {
  const host = new SupervisedHost(t);
  const wanted = assignment({ run: false, generation: 7 });
  host.assign(wanted);
  const { reason } = await host.reaches(wanted.fid, 'exited', 7);
  t.equal(reason, 'does not run');
});

t.test('a killed process is reported with its signal', async (t) => {
  const host = new SupervisedHost(t);
  const wanted = assignment();
  host.assign(wanted);
  const { pid } = await host.reaches(wanted.fid, 'online');
  kill(pid!, 'SIGKILL');
  const end = await host.reaches(wanted.fid, 'exited');
  t.equal(end.signal, 'SIGKILL');
  t.equal(end.code, null);
  t.equal(end.reason, 'was killed by SIGKILL');
});

t.test('a process that exits at once was not ready', async (t) => {
  const host = new SupervisedHost(t);
  const wanted = assignment({ command: ['true'], ready: { kind: 'alive', seconds: 5 } });
  host.assign(wanted);
  const { code, reason } = await host.reaches(wanted.fid, 'exited');
  t.equal(code, 0);
  t.equal(reason, 'exited with code 0 before it was ready');
  t.same(host.states(wanted.fid), ['starting', 'exited']);
});

t.test('one that ignores SIGTERM is killed after the timeout, children too', async (t) => {
  const host = new SupervisedHost(t);
  const command = shell('trap "" TERM; sleep 1000 & echo armed; while :; do wait; done');
  const wanted = assignment({ command, stop_timeout_ms: 300 });
  host.assign(wanted);
  await host.reaches(wanted.fid, 'online');
  await until('it ignores SIGTERM', () => host.output(wanted.fid).includes('armed'));
  const since = performance.now();
  host.assign({ ...wanted, run: false });
  const end = await host.reaches(wanted.fid, 'exited');
  t.ok(performance.now() - since >= 290, 'it had its time');
  t.equal(end.signal, 'SIGKILL');
  t.same(pidsOf(wanted.fid), []);
});

t.test('two stops at once are one', async (t) => {
  const host = new SupervisedHost(t);
  const wanted = assignment();
  host.assign(wanted);
  await host.reaches(wanted.fid, 'online');
  host.assign({ ...wanted, run: false }, { ...wanted, run: false });
  host.supervision.forget(wanted.fid);
  host.supervision.forget(wanted.fid);
  await host.gone(wanted.fid);
  t.same(host.states(wanted.fid), ['starting', 'online', 'stopping', 'exited']);
});

t.test('a halted process stays online, and can be stopped', async (t) => {
  const host = new SupervisedHost(t);
  const wanted = assignment();
  host.assign(wanted);
  const { pid } = await host.reaches(wanted.fid, 'online');
  kill(pid!, 'SIGSTOP');
  await until('it is halted', () => statOf(pid!)?.state === 'T');
  t.equal(host.now(wanted.fid)?.state, 'online');
  host.assign({ ...wanted, run: false });
  const end = await host.reaches(wanted.fid, 'exited');
  t.equal(end.signal, 'SIGTERM', 'it goes on to take its signal');
});

t.test('stop and removal during the start leave nothing', async (t) => {
  const host = new SupervisedHost(t);
  const stopped = assignment({ ready: { kind: 'alive', seconds: 100 } });
  const removed = assignment({ ready: { kind: 'alive', seconds: 100 } });
  const atOnce = assignment();
  host.assign(stopped, removed, atOnce);
  host.assign({ ...atOnce, run: false });
  await host.reaches(atOnce.fid, 'exited');
  t.same(host.states(atOnce.fid), ['exited'], 'it was never run');
  await host.reaches(stopped.fid, 'starting');
  await host.reaches(removed.fid, 'starting');
  host.assign({ ...stopped, run: false });
  host.supervision.forget(removed.fid);
  await host.reaches(stopped.fid, 'exited');
  await host.gone(removed.fid);
  t.same(host.states(stopped.fid), ['starting', 'stopping', 'exited']);
  t.same(
    [stopped, removed, atOnce].flatMap(({ fid }) => pidsOf(fid)),
    [],
  );
});

t.test('a process that comes back while it is being removed stays known', async (t) => {
  const host = new SupervisedHost(t);
  const wanted = assignment();
  host.assign(wanted);
  await host.reaches(wanted.fid, 'online');
  host.supervision.forget(wanted.fid);
  host.assign({ ...wanted, generation: 2 });
  await host.reaches(wanted.fid, 'online', 2);
  t.equal(pidsOf(wanted.fid).length, 1);
});

t.test('when a command forks away, its main process counts', async (t) => {
  const host = new SupervisedHost(t);
  const inGroup = assignment({ command: shell('sleep 1000 & exit 0') });
  const escaped = assignment({ command: shell('setsid sleep 1000 & exit 0') });
  host.assign(inGroup, escaped);
  for (const wanted of [inGroup, escaped]) {
    const { code } = await host.reaches(wanted.fid, 'exited');
    t.equal(code, 0);
    await until('the other process lives on', () => pidsOf(wanted.fid).length === 1);
    const [left] = pidsOf(wanted.fid);
    host.assign({ ...wanted, generation: 2, command: ['sleep', '1000'] });
    await host.reaches(wanted.fid, 'online', 2);
    t.notOk(pidsOf(wanted.fid).includes(left!), 'it was ended before the next start');
    host.assign({ ...wanted, generation: 3 });
    await host.reaches(wanted.fid, 'exited', 3);
    await until('and lives on again', () => pidsOf(wanted.fid).length === 1);
    host.assign({ ...wanted, generation: 3, run: false });
    await until('a stop ends it as well', () => pidsOf(wanted.fid).length === 0);
  }
});

t.test('what a stopped process leaves in its group has the rest of the time', async (t) => {
  const host = new SupervisedHost(t);
  const script = 'trap "" TERM; echo armed; sleep 1000';
  const command = shell(`sh -c '${script}' & trap 'exit 0' TERM; wait`);
  const wanted = assignment({ command, stop_timeout_ms: 600 });
  host.assign(wanted);
  await host.reaches(wanted.fid, 'online');
  await until('both run', () => host.output(wanted.fid).includes('armed'));
  const since = performance.now();
  host.assign({ ...wanted, run: false });
  const end = await host.reaches(wanted.fid, 'exited');
  t.equal(end.code, 0, 'the main process ended well');
  t.ok(performance.now() - since >= 590);
  t.same(pidsOf(wanted.fid), []);
});

t.test('what cannot be run is refused with the reason', async (t) => {
  const host = new SupervisedHost(t);
  const notExecutable = `${host.folder}/plain`;
  const cases: [Parameters<typeof assignment>[0], RegExp][] = [
    [{ command: ['no-such-program'] }, /command no-such-program is missing/],
    [{ command: ['/no/such/program'] }, /command \/no\/such\/program is missing/],
    // Here it is there, and where it would run it is not.
    [{ command: ['scripts/node'] }, /command scripts\/node is missing/],
    [{ command: ['/etc/passwd'] }, /command \/etc\/passwd is not executable/],
    [{ command: [host.folder] }, /is not a file/],
    [{ command: ['true', 'a\0b'] }, /NUL/],
    [{ command: ['true'], environment: { A: 'a\0b' } }, /no process can be made/],
    [{ command: ['true', 'x'.repeat(300_000)] }, /no process can be made: spawn E2BIG/],
    [{ unit: '../m0d' }, /unit is not a name/],
    [{ cores: [0, 0] }, /none of its CPUs/],
    [{ cores: [...Array<number>(8192).fill(0), 1] }, /none of its CPUs \(8192\)/],
    [{ ready: { kind: 'http', url: 'file:///etc/passwd' } }, /URL/],
  ];
  t.notOk(existsSync(notExecutable));
  for (const [changes, reason] of cases) {
    const wanted = assignment(changes);
    host.assign(wanted);
    const refused = await host.reaches(wanted.fid, 'refused');
    t.match(refused.reason, reason);
    t.equal(refused.pid, null);
    host.assign({ ...wanted, ...assignment(), fid: wanted.fid, generation: 2 });
    await host.reaches(wanted.fid, 'online', 2);
  }
  host.assign(assignment({ fid: '../../etc/passwd' }));
  t.notOk(host.now('../../etc/passwd'));
});

t.test('a command with a slash is looked up where it runs', async (t) => {
  const host = new SupervisedHost(t);
  mkdirSync(join(host.folder, 'bin'));
  symlinkSync('/bin/sleep', join(host.folder, 'bin/waiter'));
  const there = new SupervisedHost(t, { directory: host.folder });
  const command = ['bin/waiter', '1000'];
  const wanted = assignment({ command });
  there.assign(wanted);
  await there.reaches(wanted.fid, 'online');
  const path = assignment({ command: ['waiter', '1000'], environment: { PATH: 'bin:/nowhere' } });
  there.assign(path);
  await there.reaches(path.fid, 'online');
});

t.test('without a working directory nothing is run', async (t) => {
  const host = new SupervisedHost(t, { directory: '/no/such/folder' });
  const wanted = assignment();
  host.assign(wanted);
  const { reason } = await host.reaches(wanted.fid, 'refused');
  t.match(reason, /working directory \/no\/such\/folder cannot be used/);
});

t.test('a process sees its settings, its mark, a path and nothing of the agent', async (t) => {
  process.env['HALCYON_TEST_SECRET'] = 'not to be seen';
  const host = new SupervisedHost(t);
  const environment = { MERO_M0D_EP: "it's", PATH: '/usr/bin:/bin' };
  const command = shell('env -0; printf "in: %s\\0%s" "$(cat)" "$(pwd)"');
  const wanted = assignment({ command, environment });
  host.assign(wanted);
  await host.reaches(wanted.fid, 'exited');
  delete process.env['HALCYON_TEST_SECRET'];
  await until('all is said', () => host.output(wanted.fid).endsWith('\0/'));
  const said = host.output(wanted.fid).split('\0');
  const run = said.find((text) => text.startsWith('HALCYON_RUN='))!;
  t.match(run, new RegExp(`^HALCYON_RUN=${wanted.fid}:1:[0-9a-f]{16}$`));
  const expected = ['LANG=C.UTF-8', "MERO_M0D_EP=it's", 'PATH=/usr/bin:/bin', run, 'in: ', '/'];
  // Shells and the test runner add variables of their own.
  const added = /^(PWD|OLDPWD|SHLVL|_|NODE_OPTIONS|_TAPJS_\w+)=/;
  t.same(said.filter((text) => !added.test(text)).sort(), expected.sort());
});

t.test('a process has the descriptors that its agent was given, not those it took', async (t) => {
  const host = new SupervisedHost(t, { descriptors: '512' });
  const wanted = assignment({ command: shell('ulimit -Sn; ulimit -Hn') });
  host.assign(wanted);
  await host.reaches(wanted.fid, 'exited');
  const hard = /^Max open files +\S+ +(\S+)/m.exec(readFileSync('/proc/self/limits', 'latin1'))![1];
  await host.says(wanted.fid, `512\n${hard}\n`);
});

t.test('what the starting script changed is handed on and taken back', async (t) => {
  const environment = { HALCYON_STARTED_WITH: '512 cache', NODE_COMPILE_CACHE: '/c', HOME: '/h' };
  t.equal(descriptorsGiven(environment), '512');
  t.same(environment, { HOME: '/h' });
  const own = { HALCYON_STARTED_WITH: 'unlimited ', NODE_COMPILE_CACHE: '/mine' };
  t.equal(descriptorsGiven(own), 'unlimited');
  t.same(own, { NODE_COMPILE_CACHE: '/mine' }, 'what the user has set stays');
  const limits = readFileSync(`/proc/${process.ppid}/limits`, 'latin1');
  t.equal(descriptorsGiven({}), /^Max open files +(\S+)/m.exec(limits)![1], 'as the parent has');
});

t.test('limits and CPUs are those of the assignment, in the same process', async (t) => {
  const host = new SupervisedHost(t);
  const memory = { as: 4 * 2 ** 30, rss: 2 ** 30, stack: 2 ** 20, memlock: 65_536 };
  const wanted = assignment({ memory, cores: [1] });
  host.assign(wanted);
  const { pid } = await host.reaches(wanted.fid, 'online');
  // It is alive already as the programs that give it its limits, and then become it.
  await until('it is its command', () =>
    /^[^\0]*sleep\x001000\0$/.test(readFileSync(`/proc/${pid}/cmdline`, 'utf8')),
  );
  const limits = readFileSync(`/proc/${pid}/limits`, 'utf8');
  t.match(limits, /Max address space +4294967296 /);
  t.match(limits, /Max resident set +1073741824 /);
  t.match(limits, /Max stack size +1048576 /);
  t.match(limits, /Max locked memory +65536 /);
  t.match(readFileSync(`/proc/${pid}/status`, 'utf8'), /Cpus_allowed_list:\t0\n/);
});

t.test('records and output can be read by nobody else', async (t) => {
  const host = new SupervisedHost(t);
  const fid = newFid();
  host.assign(assignment({ fid, environment: { SECRET: 'hush' } }));
  await host.reaches(fid, 'online');
  const record = `${host.stateDir}/runs/${fid}.json`;
  t.equal(statSync(record).mode & 0o777, 0o600);
  t.equal(statSync(host.supervision.logs(fid)).mode & 0o777, 0o600);
  t.notMatch(readFileSync(record, 'utf8'), /hush/);
});
