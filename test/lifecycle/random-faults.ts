/** Random orders and deaths on a cluster of real processes, and what must be true afterwards. */

import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import type { Test } from 'tap';
import { ApiError, UnreachableError } from '../../src/client/errors.ts';
import type { Process } from '../../src/client/types.ts';
import { Cluster, kill, until } from './cluster.ts';
import type { Run } from './cluster.ts';

export interface Choices {
  readonly hosts: number;
  readonly seconds: number;
  /** The same one gives the same decisions, as far as answers come in the same order. */
  readonly seed: number;
}

/** A process is killed only while its next attempt would come soon. */
const attemptsMax = 4;
/** More processes than that would only take longer, on each host. */
const processesMax = 8;
/** Between two deaths of the station, ms: agents ask one that is often lost ever less often. */
const stationPauseMs = 10_000;

/** Whole numbers below a bound, from a seed (mulberry32). */
export const randomFrom = (seed: number): ((bound: number) => number) => {
  let state = seed >>> 0;
  return (bound) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * bound);
  };
};

export const runRandomFaults = async (
  t: Test,
  { hosts, seconds, seed }: Choices,
): Promise<void> => {
  t.comment(`seed ${seed}; again: HALCYON_SEED=${seed} HALCYON_SECONDS=${seconds}`);
  // Nothing is given up, so that what is wanted has to run in the end. Hosts are taken for down soon, so that some are.
  const vars = { process_max_start_attempts: 1000, keepalive_timeout: 3 };
  const cluster = await Cluster.open(t, hosts, vars);
  const chaos = new Chaos(cluster, seed);
  try {
    await chaos.run(seconds * 1000);
    t.comment(`${chaos.done.length} orders and deaths, ${chaos.added.length} processes added`);
    await chaos.heal();
    await itsTruths(t, cluster, chaos);
  } catch (error) {
    const last = chaos.done.slice(-60).join('\n');
    throw new Error(`seed ${seed}: ${(error as Error).message}\nthe last that was done:\n${last}`, {
      cause: error,
    });
  }
  t.ok(chaos.done.length > seconds, 'something was done');
};

/** What must be true when all has been healed. */
const itsTruths = async (t: Test, cluster: Cluster, chaos: Chaos): Promise<void> => {
  t.equal(new Set(chaos.added).size, chaos.added.length, 'no fid was given twice');
  t.same([...chaos.doubled], [], 'no process ran twice at any time');
  await converged(cluster);
  const endpoints = (await cluster.processes()).map(({ endpoint }) => endpoint);
  t.equal(new Set(endpoints).size, endpoints.length, 'no endpoint belongs to two');
  await digestSurvives(t, cluster);
  await cluster.clear();
  t.same(cluster.runs(), [], 'nothing is left');
};

class Chaos {
  /** Every fid that an answer told of. */
  readonly added: string[] = [];
  readonly done: string[] = [];
  readonly doubled = new Set<string>();
  readonly #cluster: Cluster;
  readonly #random: (bound: number) => number;
  /** Hosts whose agents are dead, and when these are to be started again. */
  readonly #dead = new Map<string, number>();
  /** Hosts whose agents stand still, and when these are to go on. */
  readonly #halted = new Map<string, number>();
  #stationDied = performance.now();

  constructor(cluster: Cluster, seed: number) {
    this.#cluster = cluster;
    this.#random = randomFrom(seed);
  }

  async run(ms: number): Promise<void> {
    const end = performance.now() + ms;
    // A busy machine does less in the time.
    while (performance.now() < end || this.done.length <= ms / 1000) {
      await this.#tolerant(() => this.#act());
      for (const [host, at] of this.#dead) if (performance.now() > at) await this.#revive(host);
      for (const [host, at] of this.#halted) if (performance.now() > at) this.#wake(host);
      for (const double of doubles(this.#cluster)) this.doubled.add(double);
      await pause(this.#random(100));
    }
  }

  async heal(): Promise<void> {
    for (const host of this.#halted.keys()) this.#wake(host);
    for (const host of this.#dead.keys()) await this.#revive(host);
  }

  #wake(host: string): void {
    this.#halted.delete(host);
    this.#note(`agent of ${host} goes on`);
    kill(this.#cluster.agents.get(host)!.pid, 'SIGCONT');
  }

  async #revive(host: string): Promise<void> {
    this.#dead.delete(host);
    this.#note(`agent of ${host} starts`);
    await this.#cluster.startAgent(host);
  }

  /** Refusals are part of the game; failures are not. */
  async #tolerant(act: () => Promise<void>): Promise<void> {
    try {
      await act();
    } catch (error) {
      const isRefusal = error instanceof ApiError && error.status < 500;
      if (!isRefusal && !(error instanceof UnreachableError)) throw error;
      this.#note(`  ${error.message}`);
    }
  }

  #note(what: string): void {
    this.done.push(`${new Date().toISOString()} ${what}`);
  }

  #one<T>(list: readonly T[]): T | undefined {
    return list[this.#random(list.length)];
  }

  #signal(): NodeJS.Signals {
    return this.#one(['SIGKILL', 'SIGKILL', 'SIGTERM'] as const)!;
  }

  async #act(): Promise<void> {
    const dice = this.#random(100);
    const host = this.#one(this.#cluster.hosts)!;
    if (dice < 15) return this.#add(host);
    if (dice < 18) return this.#scale(host);
    if (dice < 23) return this.#wholeCluster(this.#random(6) > 0 ? 'start' : 'stop');
    if (dice < 30) return this.#node(host);
    if (dice < 55) return this.#process();
    if (dice < 75) return this.#killProcess();
    if (dice < 90) return this.#killAgent(host);
    if (dice < 94) return this.#haltAgent(host);
    if (dice < 96) return this.#haltStation();
    return this.#killStation();
  }

  async #add(host: string): Promise<void> {
    const role = this.#one(['worker', 'worker', 'base', 'user', 'owned'])!;
    const multiplicity = 1 + this.#random(3);
    const present = await this.#cluster.host(host);
    if ((present?.processes ?? 0) >= processesMax) return;
    this.#note(`add ${multiplicity} of ${role} to ${host}`);
    this.added.push(...(await this.#cluster.add(host, role, multiplicity)));
  }

  async #scale(host: string): Promise<void> {
    const to = this.#random(4);
    this.#note(`scale worker of ${host} to ${to}`);
    await this.#cluster.client.scale(host, { role: 'worker', to });
  }

  async #wholeCluster(verb: 'start' | 'stop'): Promise<void> {
    this.#note(`${verb} the cluster`);
    await this.#cluster.client.act({ verb, cluster: true });
  }

  async #node(fqdn: string): Promise<void> {
    const verbs = ['start', 'start', 'start', 'start', 'start', 'stop', 'remove'] as const;
    const verb = this.#one(verbs)!;
    const node = (await this.#cluster.host(fqdn))?.node;
    if (!node) return;
    this.#note(`${verb} ${node} of ${fqdn}`);
    await this.#cluster.client.act({ verb, node });
  }

  async #process(): Promise<void> {
    const verb = this.#one(['start', 'start', 'start', 'stop', 'restart', 'remove'] as const)!;
    const force = this.#random(2) === 0;
    const fid = this.#one(await this.#cluster.processes())?.fid;
    if (fid === undefined) return;
    this.#note(`${verb} ${fid}${force ? ' with force' : ''}`);
    await this.#cluster.client.act({ verb, process: fid }, { force });
  }

  async #killProcess(): Promise<void> {
    const run = this.#one(this.#cluster.runs());
    if (!run || ((await this.#cluster.find(run.fid))?.attempt ?? 0) > attemptsMax) return;
    this.#note(`kill ${run.fid} with pid ${run.pid}`);
    kill(run.pid);
  }

  async #killAgent(host: string): Promise<void> {
    if (this.#dead.has(host) || this.#halted.has(host)) return;
    const signal = this.#signal();
    this.#note(`end the agent of ${host} by ${signal}`);
    // Many are back before anybody takes them for down, some are not.
    this.#dead.set(host, performance.now() + this.#random(this.#random(3) > 0 ? 500 : 6000));
    await this.#cluster.killAgent(host, signal);
  }

  async #haltAgent(host: string): Promise<void> {
    if (this.#dead.has(host) || this.#halted.has(host)) return;
    this.#note(`halt the agent of ${host}`);
    this.#halted.set(host, performance.now() + this.#random(this.#random(3) > 0 ? 1500 : 6000));
    kill(this.#cluster.agents.get(host)!.pid, 'SIGSTOP');
  }

  async #haltStation(): Promise<void> {
    this.#note('halt the station');
    kill(this.#cluster.station.pid, 'SIGSTOP');
    await pause(this.#random(5000));
    kill(this.#cluster.station.pid, 'SIGCONT');
    this.#note('the station goes on');
  }

  async #killStation(): Promise<void> {
    if (performance.now() - this.#stationDied < stationPauseMs) return;
    const signal = this.#signal();
    this.#note(`end the station by ${signal}`);
    await this.#cluster.station.stop(signal);
    await pause(this.#random(1000));
    await this.#cluster.startStation();
    this.#stationDied = performance.now();
    this.#note('the station is back');
  }
}

/** Processes that run more than once at this moment. */
const doubles = (cluster: Cluster): string[] => {
  const seen = new Map<string, number[]>();
  for (const { fid, pid } of cluster.runs())
    if (!isAtGate(pid)) seen.set(fid, [...(seen.get(fid) ?? []), pid]);
  const several = [...seen].filter(([, pids]) => pids.length > 1);
  if (several.length === 0) return [];
  // One may have ended before the other began, but not before it was looked at.
  const alive = new Set(cluster.runs().map(({ pid }) => pid));
  return several
    .filter(([, pids]) => pids.filter((pid) => alive.has(pid)).length > 1)
    .map(([fid, pids]) => `${fid} as ${pids.join(' and ')}`);
};

/** Whether it still waits to become the command; it never does when its agent is dead. */
const isAtGate = (pid: number): boolean => {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'latin1').includes('read -r go');
  } catch {
    return true;
  }
};

/**
 * Waits until everything is as it is wanted.
 *
 * @throws Error with what is not
 */
const converged = async (cluster: Cluster): Promise<void> => {
  let wrong: string[] = [];
  const look = async (): Promise<boolean> => {
    const processes = await cluster.processes();
    const known = new Set(processes.map(({ fid }) => fid));
    // Of all at once: to look through the processes of the machine for each would take longer than all else.
    const runs = cluster.runs();
    wrong = [
      ...processes.flatMap((process) => problemOf(process, runs, processes)),
      ...runs
        .filter(({ fid }) => !known.has(fid))
        .map((run) => `nobody knows ${JSON.stringify(run)}`),
    ];
    return wrong.length === 0;
  };
  await until('everything is as it is wanted', look).catch((error: Error) => {
    throw new Error(`${error.message}:\n${wrong.join('\n')}`);
  });
};

const problemOf = (
  process: Process,
  allRuns: readonly Run[],
  all: readonly Process[],
): string[] => {
  const { fid, state, pid, generation } = process;
  const runs = allRuns.filter((run) => run.fid === fid);
  const [run] = runs;
  const isUp =
    state === 'online' && runs.length === 1 && run!.pid === pid && run!.generation === generation;
  const isDown = ['unknown', 'offline', 'failed'].includes(state) && runs.length === 0;
  if (process.ownership === 'independent') return runs.length === 0 ? [] : [`${fid} runs`];
  if (process.wanted !== 'online' ? isDown : isUp || (isDown && isBlocked(process, all))) return [];
  return [`${JSON.stringify(process)} with ${JSON.stringify(runs)}`];
};

/** Whether nobody wants what it requires: it may go on running then, and is not started. */
const isBlocked = ({ role, node }: Process, all: readonly Process[]): boolean => {
  const providers = all.filter((one) => one.role === 'base' && one.node === node);
  return (
    role === 'user' && providers.length > 0 && providers.every((one) => one.wanted !== 'online')
  );
};

/** Waits until none is left, and says which are. */
const untilNone = async (
  what: string,
  look: () => readonly object[] | Promise<readonly object[]>,
): Promise<void> => {
  let left: readonly object[] = [];
  await until(what, async () => (left = await look()).length === 0).catch((error: Error) => {
    throw new Error(`${error.message}; there is ${JSON.stringify(left)}`);
  });
};

/** What the station makes of its log after a crash is what it was. */
const digestSurvives = async (t: Test, cluster: Cluster): Promise<void> => {
  await cluster.client.act({ verb: 'stop', cluster: true });
  await untilNone('nothing runs', () => cluster.runs());
  await untilNone('everything is known to be down', async () =>
    (await cluster.processes()).filter(
      ({ state, ownership }) =>
        ownership !== 'independent' && !['unknown', 'offline', 'failed'].includes(state),
    ),
  );
  const before = await cluster.client.log();
  await cluster.station.stop('SIGKILL');
  await cluster.startStation();
  const after = await cluster.client.log();
  t.same(
    { head: after.head, digest: after.digest },
    { head: before.head, digest: before.digest },
    'a station that is started again knows the same',
  );
};
