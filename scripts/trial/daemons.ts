/**
 * The daemons of a trial cluster: started to outlive who starts them, and found again by pid and start time, so that
 * nothing is ever ended that only has a pid which one of them had.
 */

import { spawn } from 'node:child_process';
import { closeSync, openSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

/** Something went wrong that the message explains; no trace is of use. */
export class TrialError extends Error {}

/** A user as whom a daemon runs. */
export interface RunsAs {
  readonly uid: number;
  readonly gid: number;
}

export interface Launch {
  readonly command: readonly [string, ...string[]];
  /** All that it gets, and nothing of who starts it. */
  readonly environment: NodeJS.ProcessEnv;
  /** Default: the user who starts it. */
  readonly as?: RunsAs | undefined;
}

interface Stat {
  readonly parent: number;
  readonly state: string;
  /** Clock ticks after the boot of this machine. */
  readonly began: string;
}

/** Of /proc; undefined where there is no such process. */
const statOf = (pid: number): Stat | undefined => {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return { state: fields[0] ?? '', parent: Number(fields[1]), began: fields[19] ?? '' };
  } catch {
    return undefined;
  }
};

const isAlive = (stat: Stat | undefined): stat is Stat =>
  stat !== undefined && !['Z', 'X'].includes(stat.state);

/** A process and all that descends from it, parents first. */
export const familyOf = (pid: number): number[] => {
  const children = new Map<number, number[]>();
  for (const name of readdirSync('/proc')) {
    const stat = /^\d+$/.test(name) ? statOf(Number(name)) : undefined;
    if (isAlive(stat))
      children.set(stat.parent, [...(children.get(stat.parent) ?? []), Number(name)]);
  }
  const family = [pid];
  for (const one of family) family.push(...(children.get(one) ?? []));
  return family;
};

/** @returns false where it has ended */
export const signal = (pid: number, name: NodeJS.Signals): boolean => {
  try {
    return process.kill(pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
    throw error;
  }
};

/**
 * Waits until something is so.
 *
 * @param late what is said when it is not in time
 * @throws {TrialError} it was not in time
 */
export const untilTrue = async (
  seconds: number,
  late: string,
  look: () => boolean | Promise<boolean>,
): Promise<void> => {
  const deadline = performance.now() + seconds * 1000;
  while (!(await look())) {
    if (performance.now() > deadline) throw new TrialError(`${late} (waited ${seconds} s)`);
    await pause(100);
  }
};

export class Daemons {
  readonly #pids: string;
  readonly #logs: string;

  /**
   * @param pids folder of a file for each that was started
   * @param logs folder of a log for each
   */
  constructor(pids: string, logs: string) {
    this.#pids = pids;
    this.#logs = logs;
  }

  logOf(name: string): string {
    return join(this.#logs, `${name}.log`);
  }

  /** Those that were started and not forgotten, whether or not they run. */
  get names(): string[] {
    return readdirSync(this.#pids).sort();
  }

  /** Undefined where it does not run. */
  pid(name: string): number | undefined {
    let text: string;
    try {
      text = readFileSync(join(this.#pids, name), 'utf8');
    } catch {
      return undefined;
    }
    const [pid = '', began] = text.trim().split(' ');
    const stat = statOf(Number(pid));
    return isAlive(stat) && stat.began === began ? Number(pid) : undefined;
  }

  /** Whether it stands still by a signal. */
  isStopped(name: string): boolean {
    const pid = this.pid(name);
    return pid !== undefined && statOf(pid)?.state === 'T';
  }

  start(name: string, { command, environment, as }: Launch): void {
    if (this.pid(name) !== undefined) return;
    const output = openSync(this.logOf(name), 'a', 0o600);
    const [program, ...args] = command;
    const child = spawn(program, args, {
      cwd: '/',
      env: environment,
      detached: true,
      stdio: ['ignore', output, output],
      ...as,
    });
    closeSync(output);
    if (child.pid === undefined) throw new TrialError(`${program} could not be started`);
    child.unref();
    const began = statOf(child.pid)?.began ?? '';
    writeFileSync(join(this.#pids, name), `${child.pid} ${began}\n`);
  }

  /**
   * Ends it.
   *
   * @param seconds after which it is killed, if it is still there
   */
  async stop(name: string, seconds: number): Promise<void> {
    const pid = this.pid(name);
    if (pid !== undefined) {
      signal(pid, 'SIGTERM');
      signal(pid, 'SIGCONT');
      await untilTrue(seconds, '', () => this.pid(name) === undefined).catch(() => {
        for (const one of familyOf(pid)) signal(one, 'SIGKILL');
      });
      await untilTrue(10, `${name} (pid ${pid}) does not end`, () => this.pid(name) === undefined);
    }
    rmSync(join(this.#pids, name), { force: true });
  }

  /** Ends it and all that descends from it, as a power cut does. */
  kill(name: string): void {
    const pid = this.pid(name);
    if (pid === undefined) throw new TrialError(`${name} does not run`);
    const family = familyOf(pid);
    for (const one of family) signal(one, 'SIGKILL');
  }
}
