/** Agents that end at any moment, and those that come after them. */

import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as wait } from 'node:timers/promises';
import t from 'tap';
import type { Assignment, Observation } from '../../../src/agent/supervision/assignment.ts';
import { carriers, statOf } from '../../../src/agent/supervision/proc.ts';
import type { RunRecord } from '../../../src/agent/supervision/run-record.ts';
import {
  assignment,
  kill,
  pidsOf,
  removeGroups,
  shell,
  SupervisedHost,
  until,
} from './supervised-host.ts';

const recordFile = (host: SupervisedHost, fid: string): string =>
  join(host.stateDir, 'runs', `${fid}.json`);

/** Changes the record that the last agent left. */
const rewrite = (host: SupervisedHost, fid: string, changes: Partial<RunRecord>): void => {
  const file = recordFile(host, fid);
  const record = JSON.parse(readFileSync(file, 'utf8')) as RunRecord;
  writeFileSync(file, JSON.stringify({ ...record, ...changes }));
};

t.test('an agent that comes back takes over what it left running', async (t) => {
  const host = new SupervisedHost(t);
  const wanted = assignment({ command: shell('while :; do echo alive; sleep 0.02; done') });
  host.assign(wanted);
  const before = await host.reaches(wanted.fid, 'online');
  await host.supervision.close();
  const { length } = host.output(wanted.fid);
  await until('it goes on to write', () => host.output(wanted.fid).length > length);
  await host.restart();
  t.same(host.now(wanted.fid), before, 'known before any assignment has come');
  host.assignAll(wanted);
  // What the kernel shows of an environment may be empty for a moment.
  await until('it runs on', () => pidsOf(wanted.fid).includes(before.pid!));
  t.same(host.states(wanted.fid), ['online']);

  kill(before.pid!, 'SIGKILL');
  const end = await host.reaches(wanted.fid, 'exited');
  t.equal(end.code, null);
  t.equal(end.signal, null);
  t.match(end.reason, /exit code is not known, because the agent was restarted/);
});

t.test('what was taken over can be stopped', async (t) => {
  const host = new SupervisedHost(t);
  const wanted = assignment({ command: shell('trap "" TERM; echo armed; sleep 1000; sleep 1000') });
  host.assign(wanted);
  const { pid } = await host.reaches(wanted.fid, 'online');
  await until('it ignores SIGTERM', () => host.output(wanted.fid).includes('armed'));
  await host.restart();
  host.assign({ ...wanted, run: false, stop_timeout_ms: 300 });
  await host.reaches(wanted.fid, 'exited');
  t.same(host.states(wanted.fid), ['online', 'stopping', 'exited']);
  t.equal(statOf(pid!), undefined);
  t.same(pidsOf(wanted.fid), []);
});

t.test('what is not ready yet is asked on', async (t) => {
  const host = new SupervisedHost(t);
  const wanted = assignment({ ready: { kind: 'alive', seconds: 1 } });
  host.assign(wanted);
  const { pid } = await host.reaches(wanted.fid, 'starting');
  await host.restart();
  t.equal(host.now(wanted.fid)?.state, 'starting');
  const { pid: same } = await host.reaches(wanted.fid, 'online');
  t.equal(same, pid);
});

t.test('what ended while no agent was there is reported', async (t) => {
  const host = new SupervisedHost(t);
  const wanted = assignment();
  host.assign(wanted);
  const { pid } = await host.reaches(wanted.fid, 'online');
  await host.supervision.close();
  kill(pid!, 'SIGKILL');
  await until('it is gone', () => pidsOf(wanted.fid).length === 0);
  await host.restart();
  const end = host.now(wanted.fid);
  t.match(end, { state: 'exited', generation: 1, pid, code: null, signal: null });
  t.match(end?.reason, /while no agent was running/);
  host.assignAll(wanted);
  host.assignAll({ ...wanted, generation: 2 });
  await host.reaches(wanted.fid, 'online', 2);
});

t.test('a pid that belongs to another process by now is left alone', async (t) => {
  const host = new SupervisedHost(t);
  const wanted = assignment();
  host.assign(wanted);
  const { pid, started } = await host.reaches(wanted.fid, 'online');
  await host.supervision.close();
  kill(pid!, 'SIGKILL');
  await until('it is gone', () => pidsOf(wanted.fid).length === 0);
  const stranger = spawn('sleep', ['1000'], { detached: true });
  t.teardown(() => stranger.kill('SIGKILL'));
  rewrite(host, wanted.fid, { main: { pid: stranger.pid!, started: started! } });
  await host.restart();
  t.equal(host.now(wanted.fid)?.state, 'exited');
  host.assignAll({ ...wanted, generation: 2 });
  await host.reaches(wanted.fid, 'online', 2);
  host.assignAll();
  await host.gone(wanted.fid);
  t.ok(statOf(stranger.pid!), 'the stranger lives');
});

t.test('after a reboot everything is gone, whatever has its pids', async (t) => {
  const host = new SupervisedHost(t);
  const wanted = assignment();
  host.assign(wanted);
  const { pid } = await host.reaches(wanted.fid, 'online');
  await host.supervision.close();
  rewrite(host, wanted.fid, { boot: '00000000-0000-0000-0000-000000000000' });
  await host.restart();
  t.match(host.now(wanted.fid), { state: 'exited', reason: 'the host was rebooted' });
  host.assign({ ...wanted, run: false });
  host.supervision.forget(wanted.fid);
  await host.gone(wanted.fid);
  t.ok(statOf(pid!), 'what has the pid now is left alone');
  kill(pid!, 'SIGKILL');
  await until('it is gone', () => pidsOf(wanted.fid).length === 0);
});

t.test('a start that was only intended is made', async (t) => {
  const host = new SupervisedHost(t);
  const wanted = assignment({ command: ['true'] });
  host.assign(wanted);
  await host.reaches(wanted.fid, 'exited');
  await host.supervision.close();
  rewrite(host, wanted.fid, { phase: 'intent', main: null });
  await host.restart();
  t.equal(host.now(wanted.fid), undefined, 'nothing is known of it');
  host.assignAll({ ...wanted, command: ['sleep', '1000'] });
  await host.reaches(wanted.fid, 'online', 1);
});

t.test('a record that cannot be read keeps nobody from taking over the rest at once', async (t) => {
  const host = new SupervisedHost(t);
  const [torn, whole] = [assignment(), assignment()];
  host.assign(torn, whole);
  await host.reaches(torn.fid, 'online');
  await host.reaches(whole.fid, 'online');
  await host.supervision.close();
  writeFileSync(recordFile(host, torn.fid), '{"version":1,"fid"');
  await host.restart();
  t.equal(host.now(torn.fid), undefined);
  t.equal(host.now(whole.fid)?.state, 'online');
});

t.test('a command whose agent dies before the pid is on record never runs', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'halcyon-supervision-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  const wanted = assignment({ command: ['touch', join(folder, 'ran')] });
  // The record cannot replace a folder: the agent sees a start that it cannot record.
  const host = new SupervisedHost(t, { stateDir: folder });
  mkdirSync(join(folder, 'runs', `${wanted.fid}.json`));
  host.assign(wanted);
  const { reason } = await host.reaches(wanted.fid, 'refused');
  t.match(reason, /start cannot be recorded/);
  await until('its process is gone', () => pidsOf(wanted.fid).length === 0);
  t.notOk(existsSync(join(folder, 'ran')));
  rmSync(join(folder, 'runs', `${wanted.fid}.json`), { recursive: true });
});

t.test('agents killed at random moments lose nothing and run nothing twice', async (t) => {
  const seed = Number(process.env['HALCYON_TEST_SEED'] ?? Date.now() % 1_000_000);
  t.comment(`HALCYON_TEST_SEED=${seed}`);
  const random = randomFrom(seed);
  const folder = mkdtempSync(join(tmpdir(), 'halcyon-supervision-'));
  const ran = join(folder, 'ran');
  writeFileSync(ran, '');
  // Some end by themselves, some go on; each says that it has run, in one write.
  const endsByItself = (index: number): boolean => index % 3 === 0;
  const command = (index: number): readonly string[] =>
    shell(`echo "$HALCYON_RUN" >> ${ran}; ${endsByItself(index) ? 'exit 0' : 'exec sleep 1000'}`);
  const wanted = new Map<string, Assignment>();
  for (let index = 0; index < 12; index += 1) {
    const one = assignment({ command: command(index), stop_timeout_ms: 2_000 });
    wanted.set(one.fid, one);
  }
  const seen = new Map<string, Observation>();
  /** The station's part: what has ended is started again, by a new generation. */
  const decide = (observation: Observation): void => {
    seen.set(observation.fid, observation);
    const { fid, generation, state } = observation;
    const now = wanted.get(fid)!;
    if (state === 'exited' && generation === now.generation && random() < 0.7)
      wanted.set(fid, { ...now, generation: generation + 1 });
    else if (state === 'online' && generation === now.generation && random() < 0.3)
      wanted.set(fid, { ...now, generation: generation + 1 });
  };
  const begin = (): ChildProcess => {
    const script = join(import.meta.dirname, 'agent-process.ts');
    const args = [script, join(folder, 'state'), join(folder, 'sysconfig')];
    const agent = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] });
    agent.stdin.on('error', () => {});
    const say = (): void =>
      void agent.stdin.write(`${JSON.stringify([...wanted.values()])}\n`, () => {});
    createInterface({ input: agent.stdout }).on('line', (line) => {
      decide(JSON.parse(line) as Observation);
      say();
    });
    say();
    return agent;
  };
  const fids = [...wanted.keys()];
  t.teardown(async () => {
    for (const pid of fids.flatMap(pidsOf)) kill(pid, 'SIGKILL');
    await until('all are gone', () => fids.flatMap(pidsOf).length === 0);
    removeGroups(fids);
    rmSync(folder, { recursive: true, force: true });
  });

  const kills = 25;
  for (let round = 0; round < kills; round += 1) {
    const agent = begin();
    // Mostly in the midst of its work, now and then before it has begun.
    const told = once(agent.stdout!, 'data');
    if (random() < 0.8) await told;
    await wait(random() * 200);
    agent.kill('SIGKILL');
    await new Promise((resolve) => agent.on('close', resolve));
    for (const [run, mains] of carriers())
      if (wanted.has(run.split(':', 2).join(':')))
        t.ok(mains.length === 1, `one process of ${run}, not ${mains.length}`);
    for (const fid of fids) t.ok(pidsOf(fid).length <= 1, `${fid} runs once`);
  }

  seen.clear();
  const agent = begin();
  const isSettled = (fid: string): boolean => {
    const { generation } = wanted.get(fid)!;
    const now = seen.get(fid);
    if (now?.generation !== generation) return false;
    // What ends by itself is online for a moment only.
    return now.state === 'exited' || (now.state === 'online' && !endsByItself(fids.indexOf(fid)));
  };
  await until('every process is what it should be', () => fids.every(isSettled));
  agent.kill('SIGKILL');
  await new Promise((resolve) => agent.on('close', resolve));
  for (const fid of fids) {
    const { state, pid } = seen.get(fid)!;
    t.same(pidsOf(fid), state === 'online' ? [pid] : [], `${fid} is ${state}`);
  }
  const runs = readFileSync(ran, 'utf8').trim().split('\n');
  const starts = runs.map((run) => run.split(':').slice(0, 3).join(':'));
  t.equal(new Set(starts).size, starts.length, 'no generation has run twice');
  t.ok(runs.length > fids.length, `${runs.length} runs`);
  t.comment(`${runs.length} runs, ${kills} kills`);
});

/** Mulberry32: the same numbers for the same seed, from 0 up to, not including, 1. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
