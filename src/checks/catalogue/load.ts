/** How much is running or waiting to, against how many processors there are. */

import type { Finding, ProbeCheck } from '../check.ts';
import { unreadable } from './finding.ts';

export interface LoadPolicy {
  /** Load of five minutes for each processor from which on it is a warning. */
  readonly warnPerProcessor: number;
}

export const usualLoad: LoadPolicy = { warnPerProcessor: 4 };

const parseWith =
  ({ warnPerProcessor }: LoadPolicy) =>
  (output: string): Finding => {
    const loads = /^(\d+\.\d+) (\d+\.\d+) (\d+\.\d+) \d+\/\d+ \d+$/m.exec(output);
    if (!loads) return unreadable('/proc/loadavg could not be read');
    const [one, five, fifteen] = [Number(loads[1]), Number(loads[2]), Number(loads[3])];
    const processors = Number(/^processors=(\d+)$/m.exec(output)?.[1] ?? 0);
    const of = processors > 0 ? `, ${processors} processors` : '';
    const isHigh = processors > 0 && five >= warnPerProcessor * processors;
    return {
      verdict: isHigh ? 'warn' : 'ok',
      value: one,
      text: `${one.toFixed(2)} ${five.toFixed(2)} ${fifteen.toFixed(2)}${of}`,
    };
  };

export const loadWith = (policy: LoadPolicy): ProbeCheck => ({
  id: 'load',
  title: 'Load',
  description:
    'Load averages. Warns where that of five minutes is high for the number of processors: ' +
    `${policy.warnPerProcessor} times or more.`,
  type: 'count',
  needs: 'probe',
  timeoutSeconds: 10,
  periodSeconds: 60,
  isQuick: true,
  probe: [
    // Lines of processors differ between architectures; those of /sys do not.
    'set -- /sys/devices/system/cpu/cpu[0-9]*; [ -e "$1" ] || set --',
    'l=; read -r l </proc/loadavg; printf "%s\\nprocessors=%s\\n" "$l" $#',
  ],
  parse: parseWith(policy),
});

export const load = loadWith(usualLoad);
