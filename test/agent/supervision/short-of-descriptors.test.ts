/** An agent that runs out of descriptors, and gets them back. */

import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as wait } from 'node:timers/promises';
import t from 'tap';
import type { Test } from 'tap';
import type { Assignment, Observation } from '../../../src/agent/supervision/assignment.ts';
import { assignment, kill, pidsOf, removeGroups, until } from './supervised-host.ts';

const patience = 60_000;

/** An agent's supervision as a process of its own, whose descriptors can be taken away. */
class Agent {
  readonly seen = new Map<string, Observation>();
  readonly told: Observation[] = [];
  readonly #child;
  isOver = false;

  constructor(folder: string) {
    const script = join(import.meta.dirname, 'agent-process.ts');
    const args = [script, join(folder, 'state'), join(folder, 'sysconfig')];
    this.#child = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] });
    this.#child.on('close', () => (this.isOver = true));
    createInterface({ input: this.#child.stdout }).on('line', (line) => {
      const observation = JSON.parse(line) as Observation;
      this.told.push(observation);
      this.seen.set(observation.fid, observation);
    });
  }

  assign(...all: Assignment[]): void {
    this.#child.stdin.write(`${JSON.stringify(all)}\n`);
  }

  /** Leaves it the descriptors that it has, and not one more. */
  starve(): void {
    const numbers = new Set(readdirSync(`/proc/${this.#child.pid}/fd`).map(Number));
    let least = 0;
    while (numbers.has(least)) least += 1;
    this.#limit(least);
  }

  feed(): void {
    this.#limit(4096);
  }

  async reaches(fid: string, state: Observation['state'], generation = 1): Promise<Observation> {
    const there = (): boolean => {
      if (this.isOver) throw new Error('the agent has died');
      const now = this.seen.get(fid);
      return now?.state === state && now.generation === generation;
    };
    await until(`${fid} is ${state}`, there, patience);
    return this.seen.get(fid)!;
  }

  async leave(): Promise<void> {
    this.#child.kill('SIGKILL');
    await until('it is gone', () => this.isOver, patience);
  }

  #limit(most: number): void {
    execFileSync('prlimit', [`--pid=${this.#child.pid}`, `--nofile=${most}:4096`]);
  }
}

const folderOf = (t: Test, fids: readonly string[]): string => {
  const folder = mkdtempSync(join(tmpdir(), 'halcyon-supervision-'));
  t.teardown(async () => {
    for (const pid of fids.flatMap(pidsOf)) kill(pid, 'SIGKILL');
    await until('all are gone', () => fids.flatMap(pidsOf).length === 0, patience);
    removeGroups(fids);
    rmSync(folder, { recursive: true, force: true });
  });
  return folder;
};

/** The agent looks at its processes several times meanwhile, in vain. */
const beats = async (): Promise<void> => wait(1_500);

t.test('what was taken over is not said to have ended', async (t) => {
  const all = Array.from({ length: 4 }, () => assignment());
  const fids = all.map(({ fid }) => fid);
  const folder = folderOf(t, fids);
  const first = new Agent(folder);
  first.assign(...all);
  const before = new Map<string, Observation>();
  for (const { fid } of all) before.set(fid, await first.reaches(fid, 'online'));
  await first.leave();

  const agent = new Agent(folder);
  agent.assign(...all);
  for (const { fid } of all) await agent.reaches(fid, 'online');
  agent.starve();
  await beats();
  t.notOk(agent.isOver, 'it lives');
  t.same([...new Set(agent.told.map(({ state }) => state))], ['online']);
  // One ends meanwhile: that is found out as soon as it can be.
  const [ended, ...others] = all;
  kill(before.get(ended!.fid)!.pid!, 'SIGKILL');
  await beats();
  agent.feed();
  await agent.reaches(ended!.fid, 'exited');
  for (const { fid } of others) t.match(agent.seen.get(fid), before.get(fid)!);
  t.equal(others.flatMap(({ fid }) => pidsOf(fid)).length, others.length, 'nothing runs twice');
  await agent.leave();
});

t.test('starts and stops wait, and are no failures', async (t) => {
  const runs = assignment();
  const later = [
    assignment(),
    assignment({ ready: { kind: 'notify' } }),
    assignment({ ready: { kind: 'tcp', port: 1 } }),
  ];
  const fids = [runs, ...later].map(({ fid }) => fid);
  const agent = new Agent(folderOf(t, fids));
  agent.assign(runs);
  const { pid } = await agent.reaches(runs.fid, 'online');
  agent.starve();
  agent.assign({ ...runs, run: false }, ...later);
  await beats();
  t.notOk(agent.isOver, 'it lives');
  t.notOk([...agent.seen.values()].some(({ state }) => state === 'refused' || state === 'exited'));
  agent.feed();
  await agent.reaches(runs.fid, 'exited');
  t.notOk(pidsOf(runs.fid).includes(pid!));
  await agent.reaches(later[0]!.fid, 'online');
  for (const { fid } of later.slice(1)) await until('it runs', () => pidsOf(fid).length === 1);
  await agent.leave();
});
