/**
 * What a stage of a procedure is. A procedure is a list of them, one file a list; `advance.ts` goes from one to the
 * next. All that a stage waits for is in the graph, so that whoever ends in between loses nothing.
 */

import type { Decision } from '../decision.ts';
import type { Graph } from '../graph/graph.ts';
import type { ReadGraph } from '../graph/read-graph.ts';
import type { ProcedureRow, StageNote } from '../graph/rows/procedures.ts';
import type { EventDraft } from '../events/catalogue.ts';
import type { Plan } from '../values/procedures.ts';
import type { Refused } from '../values/rejection.ts';

/** How a stage is. */
export type Standing =
  /** In words, what for. */
  | { readonly is: 'waiting'; readonly for: string }
  | {
      readonly is: 'done';
      /** What is to be known of it; empty: nothing. */
      readonly detail: string;
      /** What follows from its end. */
      readonly events?: readonly EventDraft[];
    }
  /** There is nothing to do in it, or no way: what comes after it is begun. */
  | { readonly is: 'skipped'; readonly detail: string }
  | { readonly is: 'failed'; readonly detail: string };

/** Its procedure, the stage as it was begun, and when that is looked at. */
export interface Course {
  readonly row: ProcedureRow;
  readonly note: StageNote;
  /** Ms since the epoch. */
  readonly at: number;
}

export interface Stage {
  /** Stable: it stands in events. Letters and dashes. */
  readonly name: string;
  /** What is done, for people. */
  readonly text: string;
  /** It has failed after so long, s. */
  readonly seconds: (plan: Plan) => number;
  /** Why nothing is done in it by such a plan, which is known before; null or absent: it is. */
  readonly leftOut?: (plan: Plan) => string | null;
  /** It only waits: it can be cancelled in the middle, and nothing is left undone by that. */
  readonly isWait?: true;
  /** One of several ways to the same end: where it fails, the next one is tried. */
  readonly isRung?: true;
  /** What the station does outside, by name (`station/duties/effects/stage-acts.ts`); null or absent: nothing. */
  readonly act?: (graph: ReadGraph, row: ProcedureRow) => string | null;
  /** What sets it off. A refusal ends the procedure. Absent: nothing has to. */
  readonly begin?: (graph: Graph, row: ProcedureRow, at: number) => Decision;
  readonly look: (graph: ReadGraph, course: Course) => Standing;
}

export interface Procedure {
  readonly stages: readonly Stage[];
  /** Why it cannot be: asked when it is ordered, and again when it has its turn; undefined: it can. */
  readonly refuse: (
    graph: Graph,
    fqdn: string,
    plan: Plan,
    by: readonly string[],
    at: number,
  ) => Refused | undefined;
}

export const waitingFor = (what: string): Standing => ({ is: 'waiting', for: what });
export const isDone = (detail = ''): Standing => ({ is: 'done', detail });
export const skipped = (why: string): Standing => ({ is: 'skipped', detail: why });
export const hasFailed = (detail: string): Standing => ({ is: 'failed', detail });
