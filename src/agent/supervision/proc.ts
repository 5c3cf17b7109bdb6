/** Reads /proc: which processes there are, and which run each belongs to. */

import { closeSync, openSync, readdirSync, readFileSync, readSync } from 'node:fs';

/** A process told apart from every other since boot: pids are used again, start times are not. */
export interface Main {
  readonly pid: number;
  /** Clock ticks since boot. */
  readonly started: number;
}

export interface ProcessStat extends Main {
  /** `Z` is a zombie, `D` waits for a device. */
  readonly state: string;
  readonly group: number;
}

/** The variable that marks every process of a run; its value is the run's name. */
export const runVariable = 'HALCYON_RUN';

/** Clock ticks a second: USER_HZ, which is 100 on every architecture that Node.js runs on. */
const ticksPerSecond = 100;

const buffer = Buffer.allocUnsafe(4096);

export function bootId(): string {
  return readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim();
}

/** Undefined where there is no such process. */
export function statOf(pid: number): ProcessStat | undefined {
  let text: string;
  try {
    const descriptor = openSync(`/proc/${pid}/stat`, 'r');
    try {
      text = buffer.toString('latin1', 0, readSync(descriptor, buffer));
    } finally {
      closeSync(descriptor);
    }
  } catch {
    return undefined;
  }
  // The name in brackets may hold anything, brackets and spaces too.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return { pid, state: fields[0]!, group: Number(fields[2]), started: Number(fields[19]) };
}

/** Whether that very process lives. A zombie does not: its parent may never ask for its code. */
export function isAlive({ pid, started }: Main): boolean {
  const stat = statOf(pid);
  return stat !== undefined && stat.started === started && !/[ZX]/.test(stat.state);
}

/** Seconds that a process has existed; steps of the clock do not matter. */
export function ageOf({ started }: Main): number {
  const uptime = Number(readFileSync('/proc/uptime', 'latin1').split(' ')[0]);
  return uptime - started / ticksPerSecond;
}

/**
 * The living processes that carry a run's name in their environment, by that name. Processes of
 * other users are not seen without privileges.
 *
 * @param since only processes that started then or later, in clock ticks since boot
 */
export function carriers(since = 0): Map<string, Main[]> {
  const found = new Map<string, Main[]>();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const stat = statOf(Number(name));
    // Reading the memory of a process that waits for a device could wait as long as it does.
    if (stat === undefined || stat.started < since || /[ZXD]/.test(stat.state)) continue;
    const run = runOf(stat.pid);
    if (run === undefined) continue;
    const mains = found.get(run);
    if (mains === undefined) found.set(run, [stat]);
    else mains.push(stat);
  }
  return found;
}

function runOf(pid: number): string | undefined {
  let environment: string;
  try {
    environment = readFileSync(`/proc/${pid}/environ`, 'latin1');
  } catch {
    return undefined;
  }
  const mark = `${runVariable}=`;
  const at = environment.startsWith(mark) ? 0 : environment.indexOf(`\0${mark}`) + 1;
  if (at === 0 && !environment.startsWith(mark)) return undefined;
  return environment.slice(at + mark.length).split('\0', 1)[0];
}
