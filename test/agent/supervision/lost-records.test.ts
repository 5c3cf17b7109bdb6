/** Records of runs that are lost, while the processes go on. */

import { spawn } from 'node:child_process';
import {
  copyFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import t from 'tap';
import type { Test } from 'tap';
import type { Assignment } from '../../../src/agent/supervision/assignment.ts';
import { statOf } from '../../../src/agent/supervision/proc.ts';
import type { RunRecord } from '../../../src/agent/supervision/run-record.ts';
import {
  assignment,
  kill,
  newFid,
  pidsOf,
  shell,
  SupervisedHost,
  until,
} from './supervised-host.ts';

const folderOf = (host: SupervisedHost): string => join(host.stateDir, 'runs');
const fileOf = (host: SupervisedHost, { fid }: Assignment): string =>
  join(folderOf(host), `${fid}.json`);

/** A process that has been started and whose agent has gone. */
const left = async (
  t: Test,
  changes: Partial<Assignment> = {},
): Promise<{ host: SupervisedHost; wanted: Assignment; pid: number }> => {
  const host = new SupervisedHost(t);
  const wanted = assignment(changes);
  host.assign(wanted);
  const { pid } = await host.reaches(wanted.fid, 'online');
  await host.supervision.close();
  return { host, wanted, pid: pid! };
};

const losses: Readonly<Record<string, (file: string) => void>> = {
  'is missing': (file) => rmSync(file),
  'is empty': (file) => truncateSync(file),
  'holds zeros': (file) => writeFileSync(file, Buffer.alloc(4096)),
  'is of another version': (file) => writeFileSync(file, '{"version":2}'),
  'is no record': (file) => writeFileSync(file, '{"version":1,"fid":"' + newFid() + '"}'),
  'is gone with its folder': (file) => rmSync(join(file, '..'), { recursive: true }),
  'is gone with all that its agent kept': (file) =>
    rmSync(join(file, '..', '..'), { recursive: true }),
};

for (const [what, lose] of Object.entries(losses)) {
  t.test(`a process whose record ${what} is taken over`, async (t) => {
    const { host, wanted, pid } = await left(t);
    lose(fileOf(host, wanted));
    await host.restart();
    host.assignAll(wanted);
    const now = await host.reaches(wanted.fid, 'online');
    t.equal(now.pid, pid);
    t.equal(now.started, statOf(pid)!.started);
    t.same(pidsOf(wanted.fid), [pid], 'it runs once');
    await host.restart();
    t.match(host.now(wanted.fid), { state: 'online', pid }, 'and is on record again');
  });

  t.test(`a process whose record ${what} is stopped where it should not run`, async (t) => {
    const { host, wanted, pid } = await left(t);
    lose(fileOf(host, wanted));
    await host.restart();
    host.assignAll({ ...wanted, run: false });
    await host.reaches(wanted.fid, 'exited');
    t.equal(statOf(pid), undefined, 'it is said to have ended when it has');
    t.same(pidsOf(wanted.fid), []);
  });
}

const inState = (host: SupervisedHost, { fid }: Assignment): string[] =>
  ['runs', 'logs', 'pipes', 'notify'].flatMap((folder) =>
    readdirSync(join(host.stateDir, folder)).filter((name) => name.includes(fid)),
  );

const beyondReading = ['is empty', 'holds zeros', 'is no record'];
for (const what of beyondReading) {
  t.test(`where a record ${what}, all that a process had goes with it`, async (t) => {
    const changes = { command: shell('echo said; exec sleep 1000'), environment_file: 'A="b"\n' };
    const { host, wanted, pid } = await left(t, changes);
    losses[what]!(fileOf(host, wanted));
    // As after a power cut.
    kill(pid, 'SIGKILL');
    await until('it is gone', () => statOf(pid) === undefined);
    mkdirSync(join(host.stateDir, 'notify'), { recursive: true });
    t.not(inState(host, wanted).length, 0);
    host.open();
    host.assignAll();
    await until('its record is gone', () => readdirSync(folderOf(host)).length === 0);
    t.same(inState(host, wanted), []);
    t.same(readdirSync(join(host.folder, 'sysconfig')), []);
  });
}

t.test('a draft that never became a record goes with its process', async (t) => {
  const { host, wanted, pid } = await left(t);
  kill(pid, 'SIGKILL');
  await until('it is gone', () => statOf(pid) === undefined);
  renameSync(fileOf(host, wanted), `${fileOf(host, wanted)}.new`);
  host.open();
  host.assignAll();
  await until('it is gone', () => readdirSync(folderOf(host)).length === 0);
});

t.test('a process whose record is lost leaves no environment file of another unit', async (t) => {
  const { host, wanted, pid } = await left(t, { environment_file: 'A="b"\n' });
  truncateSync(fileOf(host, wanted));
  kill(pid, 'SIGKILL');
  await until('it is gone', () => statOf(pid) === undefined);
  writeFileSync(`${host.environmentFile(wanted)}.new`, 'a draft');
  const other = join(host.folder, 'sysconfig', `m0d-${newFid()}`);
  writeFileSync(other, 'of somebody else');
  await host.restart();
  const next = { ...wanted, unit: 's3server', generation: 2 };
  host.assignAll(next);
  await host.reaches(wanted.fid, 'online', 2);
  const there = [other, host.environmentFile(next)].map((path) => basename(path));
  t.same(readdirSync(join(host.folder, 'sysconfig')).sort(), there.sort());
});

t.test('one that is found running and forgotten leaves no environment file', async (t) => {
  const { host, wanted } = await left(t, { environment_file: 'A="b"\n' });
  truncateSync(fileOf(host, wanted));
  host.open();
  await until('it is found', () => host.now(wanted.fid) !== undefined);
  host.assignAll();
  await host.gone(wanted.fid);
  t.same(readdirSync(join(host.folder, 'sysconfig')), []);
});

t.test('a record cut to any length loses no process', async (t) => {
  const { host, wanted, pid } = await left(t);
  const file = fileOf(host, wanted);
  const { length } = readFileSync(file);
  for (let size = 0; size < length; size += size < 2 ? 1 : 61) {
    truncateSync(file, size);
    await host.restart();
    host.assignAll(wanted);
    t.equal((await host.reaches(wanted.fid, 'online')).pid, pid);
    await host.supervision.close();
  }
  t.same(pidsOf(wanted.fid), [pid]);
  await host.restart();
});

t.test('records that have changed places lead nobody to the wrong process', async (t) => {
  const host = new SupervisedHost(t);
  const [one, two] = [assignment(), assignment()];
  host.assign(one, two);
  const first = await host.reaches(one.fid, 'online');
  const second = await host.reaches(two.fid, 'online');
  await host.supervision.close();
  const aside = join(host.folder, 'aside');
  renameSync(fileOf(host, one), aside);
  renameSync(fileOf(host, two), fileOf(host, one));
  renameSync(aside, fileOf(host, two));
  await host.restart();
  host.assignAll(one, { ...two, run: false });
  await host.reaches(two.fid, 'exited');
  t.equal((await host.reaches(one.fid, 'online')).pid, first.pid);
  t.same(pidsOf(one.fid), [first.pid]);
  t.equal(statOf(second.pid!), undefined);
});

t.test('a record with the pid of another run leads nobody to it', async (t) => {
  const host = new SupervisedHost(t);
  const [one, two] = [assignment(), assignment()];
  host.assign(one, two);
  await host.reaches(one.fid, 'online');
  const { pid } = await host.reaches(two.fid, 'online');
  await host.supervision.close();
  const record = (of: Assignment): RunRecord =>
    JSON.parse(readFileSync(fileOf(host, of), 'utf8')) as RunRecord;
  writeFileSync(fileOf(host, one), JSON.stringify({ ...record(one), main: record(two).main }));
  await host.restart();
  host.assignAll({ ...one, run: false }, two);
  await until('nothing is left of it', () => pidsOf(one.fid).length === 0);
  t.equal((await host.reaches(two.fid, 'online')).pid, pid);
});

t.test('an older record does not make a run start again', async (t) => {
  const host = new SupervisedHost(t);
  const wanted = assignment();
  host.assign(wanted);
  await host.reaches(wanted.fid, 'online');
  const aside = join(host.folder, 'aside');
  copyFileSync(fileOf(host, wanted), aside);
  const next = { ...wanted, generation: 2 };
  host.assign(next);
  const { pid } = await host.reaches(wanted.fid, 'online', 2);
  await host.supervision.close();
  copyFileSync(aside, fileOf(host, wanted));
  await host.restart();
  host.assignAll(next);
  t.equal((await host.reaches(wanted.fid, 'online', 2)).pid, pid);
  t.same(pidsOf(wanted.fid), [pid]);
});

t.test('a run of an older generation is ended before the next one begins', async (t) => {
  const { host, wanted, pid } = await left(t);
  rmSync(fileOf(host, wanted));
  await host.restart();
  host.assignAll({ ...wanted, generation: 2 });
  const now = await host.reaches(wanted.fid, 'online', 2);
  t.equal(statOf(pid), undefined);
  t.same(pidsOf(wanted.fid), [now.pid]);
});

t.test('the whole tree is ended, whoever of it has gone away', async (t) => {
  const command = shell('setsid sh -c "trap : TERM; sleep 1000; sleep 1000" & sleep 1000 & wait');
  const { host, wanted, pid } = await left(t, { command, stop_timeout_ms: 500 });
  await until('all of it runs', () => pidsOf(wanted.fid).length === 4);
  rmSync(fileOf(host, wanted));
  await host.restart();
  host.assignAll(wanted);
  t.equal((await host.reaches(wanted.fid, 'online')).pid, pid, 'the one that was started leads');
  host.assignAll({ ...wanted, run: false });
  await host.reaches(wanted.fid, 'exited');
  t.same(pidsOf(wanted.fid), []);
});

t.test('what a run has left behind is ended before it runs again', async (t) => {
  const { host, wanted, pid } = await left(t, { command: shell('sleep 1000 & wait') });
  await until('both run', () => pidsOf(wanted.fid).length === 2);
  const child = pidsOf(wanted.fid).find((one) => one !== pid)!;
  rmSync(fileOf(host, wanted));
  kill(pid, 'SIGKILL');
  await until('one is left', () => pidsOf(wanted.fid).length === 1);
  await host.restart();
  host.assignAll(wanted);
  const now = await host.reaches(wanted.fid, 'online');
  t.ok(pidsOf(wanted.fid).includes(now.pid!));
  t.notOk(pidsOf(wanted.fid).includes(child));
});

t.test('two copies of one run: one is taken over, the other ended', async (t) => {
  const { host, wanted, pid } = await left(t);
  const environment = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
  const mark = environment.find((one) => one.startsWith('HALCYON_RUN='))!;
  // As an agent would have started it that did not know of the first: with a nonce of its own.
  const other = mark.replace(/.{4}$/, (digits) => (digits === 'ffff' ? '0000' : 'ffff'));
  const copy = spawn('env', [other, 'sleep', '1000'], { detached: true, stdio: 'ignore' });
  await until('both run', () => pidsOf(wanted.fid).length === 2);
  await host.restart();
  host.assignAll(wanted);
  await until('one is left', () => pidsOf(wanted.fid).length === 1);
  t.same(pidsOf(wanted.fid), [pid]);
  t.equal(copy.killed, false);
  t.match(host.now(wanted.fid), { state: 'online', pid });
});

t.test('what is on nobody’s list any more is ended, record or not', async (t) => {
  const { host, wanted, pid } = await left(t);
  rmSync(folderOf(host), { recursive: true });
  await host.restart();
  host.assignAll();
  await until('it is gone', () => statOf(pid) === undefined);
  await host.gone(wanted.fid);
});

t.test('until somebody says what should run, what was found goes on', async (t) => {
  const { host, wanted, pid } = await left(t);
  rmSync(folderOf(host), { recursive: true });
  await host.restart();
  t.match(await host.reaches(wanted.fid, 'starting'), { pid, generation: 1 });
  host.assignAll(wanted);
  await host.reaches(wanted.fid, 'online');
});

t.test('an agent touches nothing of another agent on its machine', async (t) => {
  const { host, wanted, pid } = await left(t);
  const other = new SupervisedHost(t);
  rmSync(folderOf(host), { recursive: true });
  await other.restart();
  // The same fid in another cluster.
  const theirs = { ...wanted, environment: { WHOSE: 'theirs' } };
  other.assignAll(theirs);
  const { pid: another } = await other.reaches(wanted.fid, 'online');
  t.same(pidsOf(wanted.fid).sort(), [pid, another].sort());
  other.assignAll();
  await other.gone(wanted.fid);
  t.same(pidsOf(wanted.fid), [pid]);
  await host.restart();
  host.assignAll(wanted);
  t.equal((await host.reaches(wanted.fid, 'online')).pid, pid);
  host.assignAll();
  await host.gone(wanted.fid);
});

t.test('what an earlier version has started is known by where it writes to', async (t) => {
  const host = new SupervisedHost(t);
  const wanted = assignment();
  await host.supervision.close();
  const log = host.supervision.logs(wanted.fid);
  const mark = `HALCYON_RUN=${wanted.fid}:1:0123456789abcdef`;
  const script = `exec env ${mark} sleep 1000 >> ${log} 2>&1`;
  const old = spawn('sh', ['-c', script], { detached: true, stdio: 'ignore' });
  await until('it runs', () => pidsOf(wanted.fid).length === 1);
  await host.restart();
  host.assignAll(wanted);
  t.equal((await host.reaches(wanted.fid, 'online')).pid, old.pid);
  t.same(pidsOf(wanted.fid), [old.pid]);
});

t.test('a start that was cut short leaves nothing that counts as a run', async (t) => {
  const host = new SupervisedHost(t);
  const wanted = assignment();
  host.assign(wanted);
  const { pid } = await host.reaches(wanted.fid, 'online');
  const text = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
  host.assign({ ...wanted, run: false });
  await host.reaches(wanted.fid, 'exited');
  await host.supervision.close();
  rmSync(folderOf(host), { recursive: true });
  // A process that waits for its agent's word, and is halted before it hears that nobody is there.
  const { gateArguments, gateProgram } = await import('../../../src/agent/supervision/gate.ts');
  const environment = Object.fromEntries(
    text.filter(Boolean).map((one) => [one.split('=', 1)[0]!, one.slice(one.indexOf('=') + 1)]),
  );
  const waiting = spawn(gateProgram, gateArguments('', '', ['sleep', '1000']), {
    env: environment,
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  await until('it waits', () => pidsOf(wanted.fid).length === 1);
  kill(waiting.pid!, 'SIGSTOP');
  await host.restart();
  host.assignAll({ ...wanted, generation: 1 });
  const now = await host.reaches(wanted.fid, 'online');
  t.not(now.pid, waiting.pid);
  t.same(pidsOf(wanted.fid), [now.pid]);
  waiting.stdin.destroy();
});

t.test('a record that cannot be read now is waited for', async (t) => {
  const host = new SupervisedHost(t);
  const wanted = assignment({ command: ['true'] });
  host.assign(wanted);
  await host.reaches(wanted.fid, 'exited');
  await host.supervision.close();
  const file = fileOf(host, wanted);
  renameSync(file, `${file}.aside`);
  mkdirSync(file);
  await host.restart();
  host.assignAll({ ...wanted, command: ['sleep', '1000'] });
  const { reason } = await host.reaches(wanted.fid, 'starting');
  t.match(reason, /waits: its record cannot be read: /);
  rmSync(file, { recursive: true });
  renameSync(`${file}.aside`, file);
  const end = await host.reaches(wanted.fid, 'exited');
  t.equal(end.code, 0, 'its generation has had its start');
  t.same(pidsOf(wanted.fid), []);
});

t.test('whether a notifying process is ready cannot be asked: it is started anew', async (t) => {
  const ready = `${process.execPath} -e "
    require('net').connect(process.env.HALCYON_NOTIFY, function () { this.end('READY=1\\n') });
    setInterval(() => {}, 1000)"`;
  const { host, wanted, pid } = await left(t, {
    command: shell(`exec ${ready}`),
    ready: { kind: 'notify' },
  });
  rmSync(fileOf(host, wanted));
  await host.restart();
  host.assignAll(wanted);
  const end = await host.reaches(wanted.fid, 'exited');
  t.match(end.reason, /when nobody knows whether it is ready/);
  t.equal(statOf(pid), undefined);
  host.assignAll({ ...wanted, generation: 2 });
  await host.reaches(wanted.fid, 'online', 2);
});
