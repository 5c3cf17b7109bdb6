/** Processes that wait in the kernel and cannot be ended: what hangs on a disk or a file server. */

import type { Finding, ProbeCheck } from '../check.ts';
import { shortened, unreadable } from './finding.ts';
import { processesOf, processesProbe, unseen } from './processes.ts';

const parse = (output: string): Finding => {
  if (processesOf(output) === null) return unreadable(unseen);
  const names = [...output.matchAll(/^d (.+)$/gm)].map(([, name = '']) => name);
  const value = names.length;
  if (value === 0) return { verdict: 'ok', value, text: 'none' };
  const told = [...new Set(names)].join(', ');
  return { verdict: 'warn', value, text: shortened(`${value} wait in the kernel: ${told}`) };
};

export const dstate: ProbeCheck = {
  id: 'dstate',
  title: 'D state',
  description:
    'How many processes wait in the kernel and cannot be ended, as they do where a disk or a file server hangs.',
  type: 'count',
  needs: 'probe',
  timeoutSeconds: 10,
  periodSeconds: 60,
  probe: processesProbe,
  parse,
};
