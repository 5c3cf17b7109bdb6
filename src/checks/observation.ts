/** What was found out about a machine by one check: the atom of everything that is shown of the fleet. */

import type { Cause, Value, Verdict } from '../core/values/checks.ts';

export { causes, verdicts } from '../core/values/checks.ts';
export type { Cause, Value, Verdict } from '../core/values/checks.ts';

export interface Observation {
  /** The machine's name, as the cluster has it. */
  readonly machine: string;
  /** Id of the check, such as `ssh` or `df/tmp`. */
  readonly check: string;
  readonly verdict: Verdict;
  readonly value: Value;
  /** One line for people: what was found. May hold what a machine printed, control characters taken out. */
  readonly text: string;
  readonly cause?: Cause;
  /** By the clock of the station, in ms since the epoch. */
  readonly observedAt: number;
  readonly durationMs: number;
  /** There where the verdict is not confirmed yet by as many looks as its policy asks for. */
  readonly soft?: true;
  /** There where the verdict changed too often lately. */
  readonly flapping?: true;
}
