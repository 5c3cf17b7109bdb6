/** What an agent knows of one process. */

import type { Assignment, Observation } from './assignment.ts';
import type { Situation } from './next-step.ts';
import type { RunRecord } from './run-record.ts';
import type { End } from './supervisor.ts';

export interface Slot extends Situation {
  readonly fid: string;
  wanted: Assignment | undefined;
  /** Whether it is to be stopped and then known no longer. */
  forgotten: boolean;
  /** The last run. */
  record: RunRecord | undefined;
  /** Whether there is a file for its record that says nothing: it has had a run, or was about to. */
  isLost: boolean;
  /** Runs that no record tells of, to be ended. */
  strays: readonly RunRecord[];
  observation: Observation | undefined;
  stopping: boolean;
  /** How the main process ended while the run was being stopped. */
  end: End | undefined;
  /** The assignment for which nothing runs any more, as it wants. */
  resting: Assignment | undefined;
  working: boolean;
  /** Whether something has come since its work began to look at what is wanted. */
  woken: boolean;
  /** Why its next step waits; undefined where it does not. */
  waits: string | undefined;
}

export function emptySlot(fid: string): Slot {
  return {
    fid,
    wanted: undefined,
    forgotten: false,
    record: undefined,
    isLost: false,
    strays: [],
    observation: undefined,
    stopping: false,
    end: undefined,
    resting: undefined,
    working: false,
    woken: false,
    waits: undefined,
  };
}
