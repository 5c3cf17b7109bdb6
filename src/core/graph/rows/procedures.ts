/** What is done with machines in several stages. */

import type { ActEnd, Plan, ProcedureEnd, StageEnd } from '../../values/procedures.ts';
import type { RebootNote } from '../../values/reboots.ts';
import type { Revision } from '../../values/revision.ts';
import { shown } from './row.ts';
import type { Provenance } from './row.ts';

/** A stage that was begun. Times are ms since the epoch. */
export interface StageNote {
  readonly name: string;
  /** The commit that began it. */
  readonly begun: Revision;
  readonly state: 'running' | StageEnd;
  readonly since: number;
  /** When it has failed. */
  readonly until: number;
  readonly ended: number | null;
  /** How it ended, for people. */
  readonly detail: string;
  /** What the station does outside, and how that ended; absent: nothing. */
  readonly act?: {
    readonly name: string;
    readonly end: { readonly outcome: ActEnd; readonly detail: string } | null;
  };
}

/** What the host was when the procedure began. */
export interface Before {
  /** Null: no agent had reported. */
  readonly cpus: number | null;
  readonly memoryMib: number | null;
  /** Whether processes were wanted there. */
  readonly restart: boolean;
}

export interface ProcedureRow extends Provenance {
  /** `procedureId` of the commit that ordered it, and of the name that the host had then. */
  readonly id: string;
  readonly host: string;
  readonly plan: Plan;
  /** Who asked for it, the first first. */
  readonly by: readonly string[];
  /** Of the right to the OBM by which it was ordered. */
  readonly epoch: Revision;
  /** Until when it is to be begun, ms since the epoch. */
  readonly beginBy: number;
  readonly state: 'queued' | 'running' | ProcedureEnd;
  /** How it ended, for people. */
  readonly detail: string;
  /** Since when it is in that state, ms since the epoch. */
  readonly since: number;
  /** When it was begun; null: it was not. */
  readonly begun: number | null;
  readonly before: Before | null;
  /** Why somebody has the machine rebooted; absent: it is no reboot. */
  readonly reboot?: RebootNote;
  /** Of a reboot: id of the boot that the host had when it was begun; absent: none was known. */
  readonly boot?: string;
  /** Those that were begun, in order; the last one may be under way. */
  readonly stages: readonly StageNote[];
  /** Who wants it to end. */
  readonly cancelled: string | null;
}

/** Another one than that of an order of the same commit: a procedure may give one at once. */
export const procedureId = (ordered: Revision, host: string): string =>
  `procedure ${ordered}/${host}`;

export const procedureRows = {
  procedure: shown<ProcedureRow>('id'),
};

export const isOver = ({ state }: ProcedureRow): boolean =>
  state !== 'queued' && state !== 'running';

/** The stage that is under way. */
export const stageOf = ({ stages }: ProcedureRow): StageNote | undefined => {
  const last = stages.at(-1);
  return last?.state === 'running' ? last : undefined;
};
