/** Long work, as whoever asks sees it. */

import type { ReadGraph } from '../../core/graph/read-graph.ts';
import type { ObmOrder, PowerAction } from '../../core/values/obm.ts';
import type { ProcedureKind } from '../../core/values/procedures.ts';
import type { Revision } from '../../core/values/revision.ts';
import type { Straggler } from './stragglers.ts';

/** `interrupted`: it ended, and nobody knows how far it was by then. */
export type OperationState =
  'queued' | 'running' | 'succeeded' | 'failed' | 'cancelled' | 'interrupted';

/** Whether it may still change by itself. */
export const isUnderWay = ({ state }: { readonly state: OperationState }): boolean =>
  state === 'queued' || state === 'running';

/** One of several stages. Times are ms since the epoch. */
export interface StageSeen {
  readonly name: string;
  /** What is done in it. */
  readonly text: string;
  readonly state: 'to-come' | 'running' | 'done' | 'failed' | 'cancelled' | 'skipped';
  /** When it began, and ended; null: it has not. */
  readonly began: number | null;
  readonly ended: number | null;
  /** When it has failed. */
  readonly until: number | null;
  /** What it waits for, or how it ended. */
  readonly detail: string;
}

/** What is known of when it was done; null: it is not, or not yet. Ms since the epoch. */
export interface Times {
  readonly begun: number | null;
  readonly ended: number | null;
  /** It has failed where it has not been begun by then. */
  readonly beginBy: number | null;
  /** What it waits for. */
  readonly queuedBehind: Revision | null;
}

/** Who ordered it, and when, ms since the epoch. */
export interface Ordered {
  readonly at: number;
  readonly actor: string;
}

export interface Operation extends Seen, Ordered {}

/** What is seen of one in the graph. */
export interface Seen {
  readonly kind:
    | ('start' | 'stop' | 'remove' | 'campaign')
    | (`power-${PowerAction}` | Exclude<ObmOrder['kind'], 'power'>)
    | ProcedureKind;
  readonly subject: string;
  readonly state: OperationState;
  /** How far it is, in words. */
  readonly stage: string;
  readonly total: number;
  readonly done: number;
  /** Will not get there by themselves. */
  readonly failed: readonly Straggler[];
  /** The first of the others. */
  readonly waiting: readonly Straggler[];
  /** What the operation leaves alone although one might expect otherwise. */
  readonly warnings: readonly string[];
  /** Why it is not what was wanted, where one reason says it. */
  readonly problem?: string;
  readonly times: Times;
  /** Where it has several. */
  readonly stages: readonly StageSeen[];
}

/** Of what is done by many at once: nobody keeps when the last was there. */
export const timesOf = ({ at }: { readonly at: number }): Times => ({
  ...{ begun: at, ended: null, beginBy: null, queuedBehind: null },
});

/** A cluster that starts has many that wait; who does is interesting only when few are left. */
export const waitingShown = 100;
/** At most so many warnings are given one by one. */
export const warningsMax = 100;

/** How far what is about several is. */
export const stageOf = (done: number, total: number, what: string): string =>
  `${done} of ${total} ${what}`;

/** An operation, and how to find out how far it is. */
export interface Progress<O = Operation> {
  readonly subject: string;
  /** Looks at the graph bit by bit: where it yields, others may have a turn. The graph must not change meanwhile. */
  readonly look: (graph: ReadGraph) => Generator<undefined, O>;
}
