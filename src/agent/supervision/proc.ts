/**
 * Reads /proc: which processes there are, and which run each belongs to. That there is no such
 * process is said by its absence alone; every other error is thrown, because it leaves that open.
 */

import { closeSync, openSync, readdirSync, readFileSync, readlinkSync, readSync } from 'node:fs';
import { saysDenied, saysGone } from './unknown.ts';

/** A process told apart from every other since boot: pids are used again, start times are not. */
export interface Main {
  readonly pid: number;
  /** Clock ticks since boot. */
  readonly started: number;
}

export interface ProcessStat extends Main {
  /** The first 15 bytes of its program's name, unless it has given itself another one. */
  readonly name: string;
  /** `Z` is a zombie, `D` waits for a device. */
  readonly state: string;
  readonly parent: number;
  readonly group: number;
  readonly session: number;
  /** Whether it is a thread of the kernel, which has no program. */
  readonly isKernel: boolean;
  /** Whether its program has been given no variables at all; of one that is being loaded that is not known. */
  readonly isBare: boolean;
}

/** The variable that marks every process of a run; its value is the run's name. */
export const runVariable = 'HALCYON_RUN';

const kernelThread = 0x0020_0000;
/** Where env_start and env_end are behind the name, see proc_pid_stat(5): 0 as long as a program is being loaded. */
const variables = { begin: 47, end: 48 } as const;
/** A program is loaded in less, unless its file cannot be read for now: then its process waits for a device, ms. */
const loadedMs = 2_000;
const capSysPtrace = 1n << 19n;
const buffer = Buffer.allocUnsafe(4096);

export function bootId(): string {
  return readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim();
}

/** Undefined where there is no such process. */
export function statOf(pid: number): ProcessStat | undefined {
  const text = unlessGone(() => {
    const descriptor = openSync(`/proc/${pid}/stat`, 'r');
    try {
      return buffer.toString('latin1', 0, readSync(descriptor, buffer));
    } finally {
      closeSync(descriptor);
    }
  });
  if (text === undefined) return undefined;
  // The name in brackets may hold anything, brackets and spaces too.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const field = (index: number): number => Number(fields[index]);
  return {
    pid,
    name: text.slice(text.indexOf('(') + 1, text.lastIndexOf(')')),
    state: fields[0]!,
    parent: field(1),
    group: field(2),
    session: field(3),
    isKernel: (field(6) & kernelThread) !== 0,
    isBare: field(variables.begin) !== 0 && field(variables.begin) === field(variables.end),
    started: field(19),
  };
}

/** Whether that very process lives. A zombie does not: its parent may never ask for its code. */
export function isAlive({ pid, started }: Main): boolean {
  const stat = statOf(pid);
  return stat !== undefined && stat.started === started && !isOver(stat);
}

/** The user who started it, whatever it has become since; undefined where that cannot be seen. */
export function realUserOf(pid: number): number | undefined {
  try {
    const found = /^Uid:\t(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'));
    return found === null ? undefined : Number(found[1]);
  } catch (error) {
    if (saysGone(error) || saysDenied(error)) return undefined;
    throw error;
  }
}

/** Whether this process may look into all that it has started, whatever that has become since. */
export function seesAll(): boolean {
  const found = /^CapEff:\t([0-9a-f]+)/m.exec(readFileSync('/proc/self/status', 'latin1'));
  return found !== null && (BigInt(`0x${found[1]!}`) & capSysPtrace) !== 0n;
}

/** What a descriptor of a process leads to; undefined where there is none, or it cannot be seen. */
export function descriptorOf(pid: number, number: number): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/fd/${number}`);
  } catch (error) {
    if (saysGone(error) || saysDenied(error)) return undefined;
    throw error;
  }
}

/** The arguments of a process; undefined where it is gone. */
export function argumentsOf(pid: number): readonly string[] | undefined {
  return unlessGone(() => readFileSync(`/proc/${pid}/cmdline`, 'utf8'))?.split('\0');
}

/** What was found when all processes were looked at. */
export interface Survey {
  /** The living processes that carry a run's name, by that name. */
  readonly carriers: ReadonlyMap<string, readonly ProcessStat[]>;
  /** Those whose environment could not be read, and which nothing else tells whose they are. */
  readonly unseen: readonly ProcessStat[];
}

/** Processes that are looked at in one turn of the event loop take no longer than this, ms. */
const turnMs = 10;

/** Looks at all processes; other work has its turn in between. */
export async function survey(since = 0): Promise<Survey> {
  return inTurns(looking(since));
}

/** Does work step by step; other work has its turn in between. */
export async function inTurns<T>(work: Generator<void, T>): Promise<T> {
  for (;;) {
    const until = performance.now() + turnMs;
    while (performance.now() < until) {
      const step = work.next();
      if (step.done === true) return step.value;
    }
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** The carriers of a survey that is made in one go. */
export function carriers(since = 0): Survey['carriers'] {
  const look = looking(since);
  for (;;) {
    const step = look.next();
    if (step.done === true) return step.value.carriers;
  }
}

/**
 * One process a step.
 *
 * @param since only processes that started then or later, in clock ticks since boot
 */
function* looking(since: number): Generator<void, Survey> {
  const found = new Map<string, ProcessStat[]>();
  const marks = new Map<number, string | undefined>();
  const unread: ProcessStat[] = [];
  const note = (stat: ProcessStat, mark: string | undefined): void => {
    marks.set(stat.pid, mark);
    if (mark === undefined) return;
    const of = found.get(mark);
    if (of === undefined) found.set(mark, [stat]);
    else of.push(stat);
  };
  const again: ProcessStat[] = [];
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    yield;
    const stat = visibleStatOf(Number(name));
    if (stat === undefined || stat.started < since || isOver(stat) || stat.isKernel) continue;
    const environment = environmentOf(stat);
    if (environment === undefined) unread.push(stat);
    // Between two programs a process has none for a moment.
    else if (environment === '') again.push(stat);
    else note(stat, markIn(environment));
  }
  const until = performance.now() + loadedMs;
  for (const stat of again) {
    let environment = environmentOf(stat);
    while (environment === '' && mayGetVariables(stat) && performance.now() < until) {
      yield;
      environment = environmentOf(stat);
    }
    // Whose it is cannot be told before it has become what it will be: that is not nobody's.
    if (environment === undefined || (environment === '' && mayGetVariables(stat)))
      unread.push(stat);
    else note(stat, markIn(environment));
    yield;
  }
  return { carriers: found, unseen: placed(unread, marks, note) };
}

/**
 * Finds out by their sessions and parents whose the unread ones are.
 *
 * @returns those of which that does not tell
 */
function placed(
  unread: ProcessStat[],
  marks: ReadonlyMap<number, string | undefined>,
  note: (stat: ProcessStat, mark: string | undefined) => void,
): ProcessStat[] {
  let left = unread;
  for (;;) {
    const still = left.filter((stat) => {
      const mark = marks.get(stat.session) ?? marks.get(stat.parent);
      if (mark !== undefined) note(stat, mark);
      return mark === undefined;
    });
    if (still.length === left.length) break;
    left = still;
  }
  // A run has sessions of its own: who shares one with a process of nobody's run is of none.
  return left.filter(({ session, pid }) => session === pid || !marks.has(session));
}

/** Whether that very process is there, and may be just before the first look at a program that has variables. */
function mayGetVariables({ pid, started }: Main): boolean {
  const now = visibleStatOf(pid);
  return now?.started === started && !now.isBare && !isOver(now);
}

export function isOver({ state }: ProcessStat): boolean {
  return /[ZX]/.test(state);
}

/** Where others' processes are hidden they cannot be ours. */
function visibleStatOf(pid: number): ProcessStat | undefined {
  try {
    return statOf(pid);
  } catch (error) {
    if (saysDenied(error)) return undefined;
    throw error;
  }
}

/** Empty where it has none, or is gone; undefined where it cannot be read. */
function environmentOf({ pid, state }: ProcessStat): string | undefined {
  // Reading the memory of a process that waits for a device could wait as long as it does.
  if (state === 'D') return undefined;
  try {
    return unlessGone(() => readFileSync(`/proc/${pid}/environ`, 'latin1')) ?? '';
  } catch (error) {
    if (saysDenied(error)) return undefined;
    throw error;
  }
}

/** The run that a living process says it is of; undefined where that cannot be seen. */
export function runOf(stat: ProcessStat): string | undefined {
  return markIn(environmentOf(stat) ?? '');
}

function markIn(environment: string): string | undefined {
  const mark = `${runVariable}=`;
  const at = environment.startsWith(mark) ? 0 : environment.indexOf(`\0${mark}`) + 1;
  if (at === 0 && !environment.startsWith(mark)) return undefined;
  return environment.slice(at + mark.length).split('\0', 1)[0];
}

function unlessGone<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (saysGone(error)) return undefined;
    throw error;
  }
}
