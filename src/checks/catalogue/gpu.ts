/** Whether as many GPUs are there as should be: as devices, and as the driver has them. */

import type { Finding, ProbeCheck } from '../check.ts';
import { skipped, unreadable } from './finding.ts';

export interface ExpectedGpus {
  /** Null: as many as there are devices. */
  readonly expected: number | null;
}

const parseWith =
  ({ expected }: ExpectedGpus) =>
  (output: string): Finding => {
    const devices = new Set(
      [...output.matchAll(/^dev \S*nvidia(\d+)$/gm)].map(([, n]) => Number(n)),
    );
    const driver = new Map(
      [...output.matchAll(/^gpu (\d+), *(\S.*)$/gm)].map(([, n, serial = '']) => [
        Number(n),
        serial,
      ]),
    );
    const wanted = expected ?? devices.size;
    if (wanted > 0 && /^no nvidia-smi$/m.test(output))
      return unreadable(`${devices.size} in /dev, and nvidia-smi is not installed`);
    if (wanted === 0 && driver.size === 0) return skipped('no GPU');
    const value = driver.size;
    if (devices.size === wanted && driver.size === wanted)
      return { verdict: 'ok', value, text: `${wanted} of ${wanted}` };
    const missing = [...Array(Math.max(wanted, devices.size)).keys()].filter(
      (index) => !driver.has(index),
    );
    const which = missing.length === 0 ? '' : `; the driver lacks ${missing.join(', ')}`;
    return {
      verdict: 'fail',
      value,
      text: `${wanted} expected, ${devices.size} in /dev, ${value} by the driver${which}`,
    };
  };

export const gpuWith = (expected: ExpectedGpus): ProbeCheck => ({
  id: 'gpu',
  title: 'GPUs',
  description: 'How many GPUs the driver has, against the devices and what is expected.',
  type: 'count',
  needs: 'probe',
  timeoutSeconds: 30,
  periodSeconds: 300,
  probe: [
    'for d in /dev/nvidia[0-9]*; do [ -e "$d" ] && echo "dev $d"; done',
    'if command -v nvidia-smi >/dev/null 2>&1',
    "then nvidia-smi --query-gpu=index,serial --format=csv,noheader | sed 's/^/gpu /'",
    'else echo no nvidia-smi; fi',
  ],
  parse: parseWith(expected),
});
