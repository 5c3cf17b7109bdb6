/** What the batch scheduler says of a machine. */

import type { CheckDescription, Finding } from '../check.ts';
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

/** What a scheduler says of one machine. */
export interface SchedulerRow {
  /** In the scheduler's own words, such as `idle` or `drain`. */
  readonly state: string;
  /** Such as `drain` or `not_responding`; in lower case. */
  readonly flags: readonly string[];
  /** Foreign text; empty: none was given. */
  readonly reason: string;
  /** Who gave it; empty: nobody. */
  readonly user: string;
}

const bad: readonly string[] = ['down', 'fail', 'failing', 'error', 'not_responding'];
const away: readonly string[] = [
  ...['drain', 'draining', 'drained', 'maint', 'powered_down', 'power_down', 'powering_down'],
  ...['reboot_requested', 'reboot_issued', 'unknown', 'future'],
];

/** @param row undefined: the scheduler does not know the machine */
export const schedulerFinding = (row: SchedulerRow | undefined): Finding => {
  if (!row) return skipped('the scheduler does not know it');
  const words = [row.state, ...row.flags].map((word) => word.toLowerCase());
  const value = words.join('+');
  const why = row.reason === '' ? '' : `: ${row.reason}${row.user === '' ? '' : ` (${row.user})`}`;
  const is = (list: readonly string[]): boolean => words.some((word) => list.includes(word));
  return {
    verdict: is(bad) ? 'fail' : is(away) ? 'warn' : 'ok',
    value,
    text: shortened(`${value}${why}`),
  };
};
