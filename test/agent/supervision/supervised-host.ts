/** A host with real processes on it: a supervision, what it has told, and a look at what is left. */

import { existsSync, mkdtempSync, readdirSync, readFileSync, rmdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { pino } from 'pino';
import type { Test } from 'tap';
import type { Assignment, Observation } from '../../../src/agent/supervision/assignment.ts';
import { carriers } from '../../../src/agent/supervision/proc.ts';
import { Supervision } from '../../../src/agent/supervision/supervision.ts';
import type { SupervisionOptions } from '../../../src/agent/supervision/supervision.ts';

export type Told = Observation;

/** Waits for a condition; throws when it does not come true in time. */
export const until = async (
  what: string,
  condition: () => unknown,
  ms = 120_000,
): Promise<void> => {
  const deadline = performance.now() + ms;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`not within ${ms} ms: ${what}`);
    await wait(10);
  }
};

let lastKey = process.pid * 0x10000;
/** A fid that no other test uses, on any agent. */
export const newFid = (): string => `0x7200000000000001:0x${(lastKey++).toString(16)}`;

/** An assignment that runs `sleep` and is ready at once. */
export const assignment = (changes: Partial<Assignment> = {}): Assignment => ({
  fid: newFid(),
  unit: 'm0d',
  generation: 1,
  run: true,
  command: ['sleep', '1000'],
  environment: {},
  environment_file: '',
  memory: { as: 0, rss: 0, stack: 0, memlock: 0 },
  cores: [],
  endpoint: '10.0.0.1@tcp:12345:41:301',
  ready: { kind: 'alive', seconds: 0 },
  stop_timeout_ms: 5_000,
  ...changes,
});

export const shell = (script: string): readonly string[] => ['sh', '-c', script];

/** Pids of the processes that carry a run of the fid, children too. */
export const pidsOf = (fid: string): number[] =>
  [...carriers()].flatMap(([run, mains]) =>
    run.startsWith(`${fid}:`) ? mains.map(({ pid }) => pid) : [],
  );

/** One agent's supervision after the other, in one pair of folders, until the test ends. */
export class SupervisedHost {
  readonly folder: string;
  readonly told: Told[] = [];
  readonly #options: Partial<SupervisionOptions>;
  readonly #fids = new Set<string>();
  #supervision: Supervision | undefined;

  constructor(t: Test, options: Partial<SupervisionOptions> = {}) {
    this.folder = mkdtempSync(join(tmpdir(), 'halcyon-supervision-'));
    this.#options = options;
    this.open();
    t.teardown(async () => this.#leave());
  }

  get supervision(): Supervision {
    return this.#supervision!;
  }

  get stateDir(): string {
    return join(this.folder, 'state');
  }

  /** Begins a new agent, as after a start of the daemon. */
  open(): void {
    this.#supervision = new Supervision({
      stateDir: this.stateDir,
      sysconfigDir: join(this.folder, 'sysconfig'),
      logger: pino({ level: process.env['HALCYON_TEST_LOG'] ?? 'silent' }),
      onObservation: (observation) => this.told.push(observation),
      ...this.#options,
    });
    this.#supervision.recover();
  }

  async restart(): Promise<void> {
    await this.supervision.close();
    this.told.length = 0;
    this.open();
  }

  assign(...assignments: Assignment[]): void {
    for (const { fid } of assignments) this.#fids.add(fid);
    this.supervision.assign(assignments, { full: false });
  }

  assignAll(...assignments: Assignment[]): void {
    for (const { fid } of assignments) this.#fids.add(fid);
    this.supervision.assign(assignments, { full: true });
  }

  /** The states told of a process, in order. */
  states(fid: string): string[] {
    return this.told.filter((one) => one.fid === fid).map(({ state }) => state);
  }

  now(fid: string): Observation | undefined {
    return this.supervision.observations().find((one) => one.fid === fid);
  }

  async reaches(
    fid: string,
    state: Observation['state'],
    generation?: number,
  ): Promise<Observation> {
    const there = (): boolean => {
      const now = this.now(fid);
      return now?.state === state && (generation ?? now.generation) === now.generation;
    };
    await until(`${fid} is ${state}`, there).catch((error: Error) => {
      throw new Error(`${error.message}; it is ${JSON.stringify(this.now(fid))}`);
    });
    return this.now(fid)!;
  }

  async gone(fid: string): Promise<void> {
    await until(`${fid} is forgotten`, () => this.now(fid) === undefined);
  }

  output(fid: string, channel: 'stdout' | 'stderr' = 'stdout'): string {
    return readIfThere(this.supervision.logs(fid, channel));
  }

  /** Waits for exactly this: what a process has said may be read after its end is seen. */
  async says(fid: string, text: string, channel?: 'stdout' | 'stderr'): Promise<void> {
    const isSaid = (): boolean => this.output(fid, channel) === text;
    await until(`${fid} says ${JSON.stringify(text)}`, isSaid).catch((error: Error) => {
      throw new Error(`${error.message}; it said ${JSON.stringify(this.output(fid, channel))}`);
    });
  }

  environmentFile({ unit, fid }: Assignment): string {
    return join(this.folder, 'sysconfig', `${unit}-${fid}`);
  }

  /**
   * Nothing that a test has started outlives it.
   *
   * @throws Error where something would have
   */
  async #leave(): Promise<void> {
    // Nobody waits for the timeouts of assignments that no test is about.
    const last = { run: false, generation: 1_000_000, stop_timeout_ms: 300 };
    this.assign(...[...this.#fids].map((fid) => assignment({ ...last, fid })));
    this.supervision.assign([], { full: true });
    const isEmpty = (): boolean => this.supervision.observations().length === 0;
    await until('everything is forgotten', isEmpty);
    await this.supervision.close();
    const left = [...this.#fids].flatMap(pidsOf);
    for (const pid of left) kill(pid, 'SIGKILL');
    rmSync(this.folder, { recursive: true, force: true });
    const isGone = (): boolean => [...this.#fids].flatMap(pidsOf).length === 0;
    await until('the last ones are gone', isGone);
    removeGroups(this.#fids);
    if (left.length > 0) throw new Error(`processes are left: ${left.join(', ')}`);
  }
}

/** Empty where there is none, as in the moment in which one is replaced. */
export const readIfThere = (file: string): string => {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    return '';
  }
};

/** Removes the cgroups of processes whose agents could not do so themselves. */
export const removeGroups = (fids: Iterable<string>): void => {
  const hierarchy = /^\S+ (\S+) cgroup2 /m.exec(readFileSync('/proc/mounts', 'latin1'))?.[1];
  const parent = join(hierarchy ?? '', 'halcyon');
  if (hierarchy === undefined || !existsSync(parent)) return;
  const names = readdirSync(parent);
  for (const fid of fids)
    for (const name of names) if (name.startsWith(`${fid}.`)) rmdirSync(join(parent, name));
};

export const kill = (pid: number, signal: NodeJS.Signals): void => {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
};
