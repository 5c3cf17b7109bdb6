/** What is to be done about one process next. Pure: the same for every supervisor. */

import type { Assignment } from './assignment.ts';
import { isBefore } from './run-record.ts';
import type { RunRecord } from './run-record.ts';

export interface Situation {
  /** The newest assignment; undefined until one has come. */
  readonly wanted: Pick<Assignment, 'run' | 'generation'> | undefined;
  /** Whether it is to be stopped and then known no longer. */
  readonly forgotten: boolean;
  /** The last run; undefined where there was none. */
  readonly record: (Pick<RunRecord, 'phase' | 'generation'> & { unit?: string }) | undefined;
  /** Runs that no record tells of. */
  readonly strays?: readonly unknown[];
}

/**
 * - `clear`: others of it run as well;
 * - `learn`: it was found running, and its settings are not known;
 * - `stop`: it runs and should not, or not with these settings;
 * - `erase`: it does not run and is forgotten;
 * - `rest`: it does not run and should not;
 * - `start`: it should run and this generation has not been started yet;
 * - `nothing`: all is as it should be, or up to the station.
 */
export type Step = 'clear' | 'learn' | 'stop' | 'erase' | 'rest' | 'start' | 'nothing';

export function nextStep({ wanted, forgotten, record, strays = [] }: Situation): Step {
  if (strays.length > 0 && (forgotten || wanted !== undefined)) return 'clear';
  if (record?.phase === 'running') {
    if (forgotten) return 'stop';
    // Until the first assignment has come, what an earlier agent left goes on.
    if (wanted === undefined) return 'nothing';
    if (!wanted.run || wanted.generation > record.generation) return 'stop';
    return record.unit === '' ? 'learn' : 'nothing';
  }
  if (forgotten) return 'erase';
  if (wanted === undefined) return 'nothing';
  if (!wanted.run) return 'rest';
  const hadItsStart = record !== undefined && !isBefore(record.phase);
  return hadItsStart && wanted.generation <= record.generation ? 'nothing' : 'start';
}
