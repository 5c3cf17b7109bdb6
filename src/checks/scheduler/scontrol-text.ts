/** What `scontrol show nodes` prints: a paragraph a node, for where there is no JSON. */

import type { SchedulerRow } from './row.ts';
import { stateOf } from './slurm-states.ts';

const field = (block: string, name: string): string => {
  const value = new RegExp(`(?:^|\\s)${name}=(\\S*)`).exec(block)?.[1] ?? '';
  return /^\((?:null|none)\)$/i.test(value) ? '' : value;
};

/** A reason ends in who gave it and when, `[root@2026-11-21T09:43:42]`, by the clock of the machine it was asked on. */
const reasonOf = (block: string): Pick<SchedulerRow, 'reason' | 'reasonUser' | 'reasonAt'> => {
  const start = block.search(/^\s+Reason=/m);
  if (start < 0) return { reason: '', reasonUser: null, reasonAt: null };
  const whole = block.slice(start).trim().slice('Reason='.length);
  const [, reason = whole, user = null, time = ''] =
    /^([\s\S]*?) \[([^@\]]+)@([^\]]+)\]/.exec(whole) ?? [];
  const at = Date.parse(time);
  return { reason, reasonUser: user, reasonAt: Number.isNaN(at) ? null : at };
};

export const readScontrolText = (text: string): readonly SchedulerRow[] =>
  text
    .split(/^(?=NodeName=)/m)
    .filter((block) => block.startsWith('NodeName='))
    .map((block) => ({
      node: field(block, 'NodeName'),
      ...stateOf(field(block, 'State').split('+')),
      ...reasonOf(block),
      partitions: field(block, 'Partitions')
        .split(',')
        .filter((partition) => partition !== ''),
      jobs: null,
    }));
