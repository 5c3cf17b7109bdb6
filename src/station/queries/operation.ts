/** Long work, as whoever asks sees it. */

import type { ReadGraph } from '../../core/graph/read-graph.ts';
import type { ObmOrder, PowerAction } from '../../core/values/obm.ts';
import type { Straggler } from './stragglers.ts';

export type OperationState = 'running' | 'succeeded' | 'failed' | 'cancelled';

export interface Operation {
  readonly kind:
    'start' | 'stop' | 'remove' | `power-${PowerAction}` | Exclude<ObmOrder['kind'], 'power'>;
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
}

/** A cluster that starts has many that wait; who does is interesting only when few are left. */
export const waitingShown = 100;
/** At most so many warnings are given one by one. */
export const warningsMax = 100;

/** How far what is about several is. */
export const stageOf = (done: number, total: number, what: string): string =>
  `${done} of ${total} ${what}`;

/** An operation, and how to find out how far it is. */
export interface Progress {
  readonly subject: string;
  /** Looks at the graph bit by bit: where it yields, others may have a turn. The graph must not change meanwhile. */
  readonly look: (graph: ReadGraph) => Generator<undefined, Operation>;
}
