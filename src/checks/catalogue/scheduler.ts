/** What the batch scheduler says of a machine. */

import type { CheckDescription, Finding } from '../check.ts';
import type { SchedulerRow } from '../scheduler/row.ts';
import { shortened, skipped } from './finding.ts';

export const scheduler: CheckDescription = {
  id: 'scheduler',
  title: 'Scheduler',
  description:
    'The state of the machine as its batch scheduler has it, with the reason that was given.',
  type: 'enum',
  needs: 'scheduler',
  timeoutSeconds: 10,
  periodSeconds: 30,
};

const bad: readonly string[] = [
  'down',
  'fail',
  'failing',
  'error',
  'not_responding',
  'invalid_reg',
];
const away: readonly string[] = [
  ...['drain', 'draining', 'drained', 'maint', 'maintenance'],
  ...['powered_down', 'power_down', 'powering_down'],
  ...['reboot_requested', 'reboot_issued', 'unknown', 'future'],
];

/** @param row undefined: the scheduler does not know the machine */
export const schedulerFinding = (row: SchedulerRow | undefined): Finding => {
  if (!row) return skipped('the scheduler does not know it');
  const words = [row.state, ...row.flags].map((word) => word.toLowerCase());
  const value = words.join('+');
  const why =
    row.reason === ''
      ? ''
      : `: ${row.reason}${row.reasonUser === null ? '' : ` (${row.reasonUser})`}`;
  const is = (list: readonly string[]): boolean => words.some((word) => list.includes(word));
  return {
    verdict: is(bad) ? 'fail' : is(away) ? 'warn' : 'ok',
    value,
    text: shortened(`${value}${why}`),
  };
};
