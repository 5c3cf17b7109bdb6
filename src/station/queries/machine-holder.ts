/** Who has a machine, since when and why, and what waits for it. */

import type { ReadGraph } from '../../core/graph/read-graph.ts';
import { turnOf } from '../../core/graph/rows/obms.ts';
import { stageOf } from '../../core/graph/rows/procedures.ts';
import { queueOf } from '../../core/lifecycle/machine-queue.ts';
import type { Queued } from '../../core/lifecycle/machine-queue.ts';
import { orderText } from '../../core/values/obm.ts';
import type { Revision } from '../../core/values/revision.ts';

/** What was ordered of a machine and has not ended. Times are ms since the epoch. */
export interface Turn {
  readonly operation: Revision;
  /** In words. */
  readonly what: string;
  /** Who asked for it; nobody: the station itself. */
  readonly by: readonly string[];
  readonly isBegun: boolean;
  /** How far it is, in words. */
  readonly stage: string;
  /** Since when it is so. */
  readonly since: number;
  /** It has failed where it is not begun by then. */
  readonly beginBy: number | null;
}

export interface Holding {
  /** What is being done; null: nothing. */
  readonly holder: Turn | null;
  /** What waits, in its order. */
  readonly waiting: readonly Turn[];
}

const seenOf = ({ kind, row }: Queued): Turn => {
  const { created: operation, since } = row;
  if (kind === 'order') {
    const { by, beginBy } = turnOf(row);
    const isBegun = row.state === 'begun';
    const what = orderText(row.order) + (row.recovery ? ', to recover it' : '');
    const stage = isBegun ? 'sent' : 'waits for its turn';
    return { operation, what, by, isBegun, stage, since, beginBy };
  }
  const { by, beginBy } = row;
  const isBegun = row.state === 'running';
  const stage = isBegun ? (stageOf(row)?.name ?? 'begins') : 'waits for its turn';
  return { operation, what: row.plan.kind, by, isBegun, stage, since, beginBy };
};

export const holdingOf = (graph: ReadGraph, fqdn: string): Holding => {
  const turns = queueOf(graph, fqdn).map(seenOf);
  const holder = turns.find(({ isBegun }) => isBegun) ?? null;
  return { holder, waiting: turns.filter((turn) => turn !== holder) };
};

/** What was accepted last before something that waits, and has not ended; null: nothing. */
export const aheadOf = (
  graph: ReadGraph,
  { host, created }: { readonly host: string; readonly created: Revision },
): Revision | null =>
  queueOf(graph, host).findLast(({ row }) => row.created < created)?.row.created ?? null;
