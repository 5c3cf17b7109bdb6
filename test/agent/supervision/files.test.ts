/** The files of processes: their environment, and what they have written. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { isDeepStrictEqual } from 'node:util';
import { Worker } from 'node:worker_threads';
import t from 'tap';
import type { Test } from 'tap';
import type { Observation } from '../../../src/agent/supervision/assignment.ts';
import type { RunRecord } from '../../../src/agent/supervision/run-record.ts';
import { folderOf } from '../../folder.ts';
import { assignment, newFid, shell, SupervisedHost, until } from './supervised-host.ts';

/** A port of this machine at which nobody takes a connection, and no more of them wait. */
const fullPort = async (t: Test): Promise<number> => {
  const script = `
    const { createServer } = require('node:net');
    const { parentPort } = require('node:worker_threads');
    const server = createServer().listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => {
      parentPort.postMessage(server.address().port);
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
    });`;
  const worker = new Worker(script, { eval: true });
  const [port] = (await once(worker, 'message')) as [number];
  const waiting = Array.from({ length: 8 }, () => connect({ port, host: '127.0.0.1' }));
  for (const socket of waiting) socket.on('error', () => {});
  t.teardown(async () => {
    for (const socket of waiting) socket.destroy();
    await worker.terminate();
  });
  await Promise.all(waiting.slice(0, 2).map((socket) => once(socket, 'connect')));
  return port;
};

t.test('the environment file is there with current values before every start', async (t) => {
  const host = new SupervisedHost(t);
  const fid = newFid();
  const file = join(host.folder, 'sysconfig', `m0d-${fid}`);
  const command = shell(`stat -c '%a %i' ${file}; cat ${file}`);
  const first = assignment({ fid, command, environment_file: 'A="1"\n' });
  host.assign(first);
  await host.reaches(fid, 'exited', 1);
  host.assign({ ...first, generation: 2, environment_file: 'A="2"\n' });
  await host.reaches(fid, 'exited', 2);
  const said = (): string[] => host.output(fid).trim().split(/\s/);
  // What a process has said may be read after its end is seen.
  await until('both have spoken', () => said().length === 6);
  const [mode1, inode1, text1, mode2, inode2, text2] = said();
  t.same([mode1, text1, mode2, text2], ['600', 'A="1"', '600', 'A="2"']);
  t.not(inode1, inode2, 'it is replaced, not written over');
  t.same(readdirSync(join(host.folder, 'sysconfig')), [`m0d-${fid}`], 'no draft is left');
});

t.test('a new unit name moves the environment file', async (t) => {
  const host = new SupervisedHost(t);
  const first = assignment();
  host.assign(first);
  await host.reaches(first.fid, 'online');
  const second = { ...first, unit: 's3server', generation: 2 };
  host.assign(second);
  await host.reaches(first.fid, 'online', 2);
  t.notOk(existsSync(host.environmentFile(first)));
  t.ok(existsSync(host.environmentFile(second)));
});

t.test('nothing is started while the environment file cannot be written', async (t) => {
  const host = new SupervisedHost(t);
  writeFileSync(join(host.folder, 'sysconfig'), 'a file where the folder should be');
  const wanted = assignment({ command: shell('echo ran') });
  host.assign(wanted);
  const { reason } = await host.reaches(wanted.fid, 'refused');
  t.match(reason, /environment file .* cannot be written: /);
  t.notOk(existsSync(host.supervision.logs(wanted.fid)));
});

t.test('what an agent wrote that died in the midst of a start goes with the process', async (t) => {
  // Whoever connects is kept waiting, and the start with it.
  const full = await fullPort(t);
  const wanted = assignment({
    environment_file: 'PASSWORD="of a process"\n',
    endpoint: `127.0.0.1:${full}`,
    ready: { kind: 'tcp', port: full },
  });
  const host = new SupervisedHost(t);
  await host.supervision.close();
  const sysconfig = join(host.folder, 'sysconfig');
  const program = join(import.meta.dirname, 'agent-process.ts');
  const agent = spawn(process.execPath, [program, host.stateDir, sysconfig], {
    stdio: ['pipe', 'ignore', 'inherit'],
  });
  t.teardown(() => agent.kill('SIGKILL'));
  agent.stdin.write(`${JSON.stringify([wanted])}\n`);
  await until('the file is there', () => existsSync(host.environmentFile(wanted)));
  const ended = once(agent, 'exit');
  agent.kill('SIGKILL');
  await ended;
  // As where it died before the name was the draft's.
  for (const name of readdirSync(sysconfig)) writeFileSync(join(sysconfig, `${name}.new`), 'draft');
  const runs = join(host.stateDir, 'runs');
  t.not(readdirSync(runs).length, 0, 'the next agent knows of it');
  for (const name of readdirSync(runs)) writeFileSync(join(runs, `${name}.new`), 'draft');
  host.open();
  host.assignAll();
  await until('it is forgotten', () => readdirSync(runs).length === 0);
  t.same(readdirSync(sysconfig), []);
});

t.test('a start that was only prepared is made by the next agent', async (t) => {
  const host = new SupervisedHost(t);
  const wanted = assignment({ command: ['true'] });
  host.assign(wanted);
  await host.reaches(wanted.fid, 'exited');
  await host.supervision.close();
  const file = join(host.stateDir, 'runs', `${wanted.fid}.json`);
  const record = JSON.parse(readFileSync(file, 'utf8')) as RunRecord;
  writeFileSync(file, JSON.stringify({ ...record, phase: 'prepared', main: null }));
  host.told.length = 0;
  host.open();
  t.equal(host.now(wanted.fid), undefined, 'nothing is known of it');
  host.assignAll({ ...wanted, run: false });
  await host.reaches(wanted.fid, 'exited', 1);
  host.assignAll({ ...wanted, generation: 2, command: ['sleep', '1000'] });
  await host.reaches(wanted.fid, 'online', 2);
});

t.test('a full disk refuses the start, and the old file stays whole', async (t) => {
  const folder = folderOf(t, { state: {}, sysconfig: {} });
  const wanted = assignment({ environment_file: `A="${'x'.repeat(50_000)}"\n` });
  const file = `${folder}/sysconfig/m0d-${wanted.fid}`;
  // In a mount namespace of its own: nobody else sees the small disk.
  const script = `mount -t tmpfs -o size=16k tmpfs "$1" && echo whole > "$2" && shift 2 && exec "$@"`;
  const program = join(import.meta.dirname, 'agent-process.ts');
  const agent = spawn(
    'unshare',
    [
      ...['--map-root-user', '--mount', 'sh', '-c', script, 'sh', `${folder}/sysconfig`, file],
      ...[process.execPath, program, `${folder}/state`, `${folder}/sysconfig`],
    ],
    { stdio: ['pipe', 'pipe', 'inherit'] },
  );
  t.teardown(() => agent.kill('SIGKILL'));
  agent.stdin.write(`${JSON.stringify([wanted])}\n`);
  const [line] = (await once(createInterface({ input: agent.stdout }), 'line')) as [string];
  const told = JSON.parse(line) as Observation;
  t.match(told, { state: 'refused', generation: 1 });
  t.match(told.reason, /cannot be written: no space is left on the device/);
  const seen = `/proc/${agent.pid}/root${folder}/sysconfig`;
  t.same(readdirSync(seen), [`m0d-${wanted.fid}`], 'no draft is left');
  t.equal(readFileSync(`${seen}/m0d-${wanted.fid}`, 'utf8'), 'whole\n');
});

t.test('output goes to one file a stream, which grows over runs', async (t) => {
  const host = new SupervisedHost(t);
  const wanted = assignment({ command: shell('echo out; echo err >&2') });
  host.assign(wanted);
  await host.reaches(wanted.fid, 'exited', 1);
  host.assign({ ...wanted, generation: 2 });
  await host.reaches(wanted.fid, 'exited', 2);
  await host.says(wanted.fid, 'out\nout\n');
  await host.says(wanted.fid, 'err\nerr\n', 'stderr');
});

t.test('output is moved aside while the process goes on writing', async (t) => {
  const bytes = 50_000;
  const host = new SupervisedHost(t, { output: { bytes, files: 3 } });
  const line = 'y'.repeat(99);
  const command = shell(`while :; do for i in 1 2 3 4 5; do echo ${line}; done; sleep 0.002; done`);
  const wanted = assignment({ command });
  host.assign(wanted);
  await host.reaches(wanted.fid, 'online');
  const log = host.supervision.logs(wanted.fid);
  await until('there are three files', () => existsSync(`${log}.2`), 20_000);
  const third = statSync(`${log}.2`).ino;
  await until('the oldest is replaced', () => statSync(`${log}.2`).ino !== third, 20_000);
  // While one is moved, there is none of its name for a moment.
  host.assign({ ...wanted, run: false });
  await host.reaches(wanted.fid, 'exited');
  const parts = [`${wanted.fid}.log`, `${wanted.fid}.log.1`, `${wanted.fid}.log.2`];
  const there = (): string[] => readdirSync(join(host.stateDir, 'logs')).sort();
  await until('what it had written is read', () =>
    isDeepStrictEqual(there(), [`${wanted.fid}.err.log`, ...parts]),
  );
  await until('the older parts are full', () =>
    ['1', '2'].every((age) => statSync(`${log}.${age}`, { throwIfNoEntry: false })?.size === bytes),
  );
  host.supervision.forget(wanted.fid);
  await host.gone(wanted.fid);
  t.same(readdirSync(join(host.stateDir, 'logs')), []);
});
