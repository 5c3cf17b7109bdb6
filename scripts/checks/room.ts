/**
 * How many test files run at a time. Much of what tests do is to wait, for timers, disks and other processes, and some of
 * them do little else: a fixed number leaves cores idle or has them fight. So another one is begun whenever the cores have been idle
 * for a part of the last moments, and never more than a few when something else keeps them busy.
 */

import { cpus } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';

/** How many run at least, whatever else the machine does, and at most. */
export interface Bounds {
  readonly least: number;
  readonly most: number;
}

/** Over how long the cores are watched, and how long after a start that one counts, ms. */
const watchedMs = 2_000;
/** Share of the cores that must have been idle, 0 to 1: about what one test file takes. */
const idleEnough = 0.25;

/** What all cores did since the machine was started, ms. */
export interface CoreTimes {
  readonly idle: number;
  readonly all: number;
}

const coreTimes = (): CoreTimes => {
  let [idle, all] = [0, 0];
  for (const { times } of cpus()) {
    idle += times.idle;
    for (const ms of Object.values(times)) all += ms;
  }
  return { idle, all };
};

/** Share of the time between two looks in which the cores were idle, 0 to 1. */
export const idleShare = (before: CoreTimes, now: CoreTimes): number =>
  now.all > before.all ? (now.idle - before.idle) / (now.all - before.all) : 0;

export interface Machine {
  readonly times: () => CoreTimes;
  readonly pause: (ms: number) => Promise<unknown>;
}

const thisMachine: Machine = { times: coreTimes, pause };

/**
 * Runs all, in their order, so many at a time as there is room for.
 *
 * @param begin begins one; what it answers settles when that has ended
 */
export const runInRoom = async <T>(
  all: Iterable<T>,
  { least, most }: Bounds,
  begin: (one: T) => PromiseLike<unknown>,
  machine: Machine = thisMachine,
): Promise<void> => {
  const running = new Set<Promise<void>>();
  const moment = (): Promise<unknown> => Promise.race([...running, machine.pause(watchedMs)]);
  for (const one of all) {
    while (running.size >= least) {
      const before = machine.times();
      await moment();
      if (running.size < most && idleShare(before, machine.times()) >= idleEnough) break;
    }
    const ended = Promise.resolve(begin(one)).then(
      () => void running.delete(ended),
      () => void running.delete(ended),
    );
    running.add(ended);
  }
  while (running.size > 0) await moment();
};
