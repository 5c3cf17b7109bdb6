/** What batch schedulers have said of machines, as suggestions need it: from what is at hand, never by asking. */

import type { Scheduled } from '../../checks/suggestions/symptoms.ts';

export interface Scheduling {
  /** Another one after each answer of a scheduler. */
  readonly version: number;
  /** Null: no scheduler has it. */
  of(machine: string): Scheduled | null;
  partitionsOf(machine: string): readonly string[];
  /** How many machines a partition has. */
  sizeOf(partition: string): number;
}

/** Where there is no scheduler. */
export const noScheduling: Scheduling = {
  version: 0,
  of: () => null,
  partitionsOf: () => [],
  sizeOf: () => 0,
};
