/** What this process was started with, and has changed since for itself alone. */

import { readFileSync } from 'node:fs';

/**
 * The variable in which the scripts that start Halcyon hand on what Node.js and they change: the
 * soft limit of descriptors, and `cache` where they have set `NODE_COMPILE_CACHE`.
 */
const variable = 'HALCYON_STARTED_WITH';

/**
 * The soft limit of descriptors that whoever started this process has given it; Node.js raises its
 * own to the hard one. Without the word of a script it is that of the parent, save the first process
 * of all, whose own says nothing.
 *
 * @param environment of this process; what is only for it is taken out
 * @returns a number or `unlimited`; undefined where it is not known
 */
export function descriptorsGiven(environment: NodeJS.ProcessEnv): string | undefined {
  const [given = '', cache] = (environment[variable] ?? '').split(' ');
  delete environment[variable];
  if (cache === 'cache') delete environment['NODE_COMPILE_CACHE'];
  if (isLimit(given)) return given;
  return process.ppid > 1 ? softLimitOf(process.ppid) : undefined;
}

function softLimitOf(pid: number): string | undefined {
  try {
    const limits = readFileSync(`/proc/${pid}/limits`, 'latin1');
    return /^Max open files +(\d+|unlimited) /m.exec(limits)?.[1];
  } catch {
    return undefined;
  }
}

const isLimit = (text: string): boolean => /^(\d{1,10}|unlimited)$/.test(text);
