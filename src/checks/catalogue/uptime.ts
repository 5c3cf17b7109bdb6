/** How long a machine runs, and which boot this is. From /proc, which speaks no language. */

import type { Finding, ProbeCheck } from '../check.ts';
import { unreadable } from './finding.ts';

/** What `uptime` prints: seconds since boot, and the id of the boot. */
export interface Boot {
  readonly uptimeSeconds: number;
  /** Null: the machine does not say. */
  readonly bootId: string | null;
}

export const bootOf = (output: string): Boot | null => {
  const seconds = /^(\d+(?:\.\d+)?) +\d+(?:\.\d+)?$/m.exec(output)?.[1];
  if (seconds === undefined) return null;
  const id = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/m.exec(output)?.[0];
  return { uptimeSeconds: Number(seconds), bootId: id ?? null };
};

const units: readonly (readonly [string, number])[] = [
  ['d', 86_400],
  ['h', 3600],
  ['min', 60],
];

/** `12 d 3 h`: the two largest units that say something. */
export const spanOf = (seconds: number): string => {
  const parts: string[] = [];
  let left = Math.floor(seconds);
  for (const [unit, size] of units) {
    const count = Math.floor(left / size);
    left -= count * size;
    if (count > 0) parts.push(`${count} ${unit}`);
  }
  return parts.length === 0 ? `${left} s` : parts.slice(0, 2).join(' ');
};

const parse = (output: string): Finding => {
  const boot = bootOf(output);
  if (!boot) return unreadable('/proc/uptime could not be read');
  const { uptimeSeconds, bootId } = boot;
  const text = `up ${spanOf(uptimeSeconds)}${bootId === null ? '' : `, boot ${bootId}`}`;
  return { verdict: 'ok', value: uptimeSeconds, text };
};

export const uptime: ProbeCheck = {
  id: 'uptime',
  title: 'Uptime',
  description: 'Seconds since the machine booted, with the id of this boot.',
  type: 'seconds',
  unit: 's',
  needs: 'probe',
  timeoutSeconds: 10,
  periodSeconds: 60,
  isQuick: true,
  probe: [
    'l= b=; read -r l </proc/uptime; read -r b </proc/sys/kernel/random/boot_id',
    'printf "%s\\n%s\\n" "$l" "$b"',
  ],
  parse,
};
