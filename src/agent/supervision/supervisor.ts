/** What the two ways of running a process have in common. */

import type { Assignment } from './assignment.ts';
import type { Main } from './proc.ts';
import type { Run, RunRecord } from './run-record.ts';

/** How a process ended. */
export interface End {
  /** Null where it is not known, or where a signal ended it. */
  readonly code: number | null;
  readonly signal: string | null;
  /** A phrase that continues "the process …". */
  readonly reason: string;
}

export interface SupervisorEvents {
  /**
   * Its main process is known, or has become another one. Called before the command of an `exec`
   * run begins; when it throws, the command never does.
   */
  began(run: Run, main: Main): void;
  /** The supervisor itself says that it is ready; only of `notify` readiness. */
  ready(run: Run): void;
  /** Its main process is gone, stopped or not; once a run. */
  ended(run: Run, end: End): void;
}

export interface Supervisor {
  /**
   * @param resumed the same generation was about to be started when the last agent ended
   * @throws {Refusal} it was not started
   */
  start(assignment: Assignment, run: Run, resumed: boolean): Promise<void>;

  /** Watches a run that an earlier agent left; false where its main process is gone. */
  adopt(record: RunRecord): boolean;

  /**
   * Ends whatever is left of a run: SIGTERM, and SIGKILL after the timeout. Resolves when nothing
   * of it is left, however long that takes; at once where nothing is.
   */
  stop(record: RunRecord, timeoutMs: number): Promise<void>;

  /** Looks after what is due; called several times a second. */
  tick(): void;

  /** Stops watching; whatever runs stays. */
  close(): void;
}
