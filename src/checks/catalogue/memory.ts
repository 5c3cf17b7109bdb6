/** How much of a machine's memory is taken. */

import type { Finding, ProbeCheck } from '../check.ts';
import { unreadable } from './finding.ts';

export interface MemoryPolicy {
  /** Part of the memory, 0 to 1, that is taken when it warns. */
  readonly warnAt: number;
  readonly failAt: number;
}

export const usualMemory: MemoryPolicy = { warnAt: 0.95, failAt: 0.99 };

const kibibytes = (output: string, name: string): number | null => {
  const found = new RegExp(`^${name}: +(\\d+) kB$`, 'm').exec(output)?.[1];
  return found === undefined ? null : Number(found);
};

/** Before Linux 3.14 it does not say what is available; what is free or can be dropped comes near it. */
const availableOf = (output: string): number | null => {
  const available = kibibytes(output, 'MemAvailable');
  if (available !== null) return available;
  const free = kibibytes(output, 'MemFree');
  if (free === null) return null;
  return free + (kibibytes(output, 'Buffers') ?? 0) + (kibibytes(output, 'Cached') ?? 0);
};

const gibibytes = (kib: number): string => (kib / 2 ** 20).toFixed(1);

const parseWith =
  ({ warnAt, failAt }: MemoryPolicy) =>
  (output: string): Finding => {
    const total = kibibytes(output, 'MemTotal');
    const available = availableOf(output);
    if (total === null || total === 0 || available === null)
      return unreadable('/proc/meminfo could not be read');
    const taken = Math.min(1, Math.max(0, 1 - available / total));
    const text = `${Math.round(taken * 100)} % of ${gibibytes(total)} GiB taken`;
    return {
      verdict: taken >= failAt ? 'fail' : taken >= warnAt ? 'warn' : 'ok',
      value: taken,
      text,
    };
  };

export const memoryWith = (policy: MemoryPolicy): ProbeCheck => ({
  id: 'memory',
  title: 'Memory',
  description:
    'Part of the memory that is taken and cannot be dropped. ' +
    `Warns from ${policy.warnAt} on, fails from ${policy.failAt} on.`,
  type: 'ratio',
  needs: 'probe',
  timeoutSeconds: 10,
  periodSeconds: 60,
  isQuick: true,
  // The lines that are needed are the first ones, since there are kernels.
  probe: [
    't=; while read -r l; do t="$t$l\n"; case $l in Cached:*) break;; esac; done </proc/meminfo',
    'printf %s "$t"',
  ],
  parse: parseWith(policy),
});

export const memory = memoryWith(usualMemory);
