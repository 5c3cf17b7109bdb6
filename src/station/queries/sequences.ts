/** What takes several steps and is under way: each waits for something, and for a deadline otherwise. */

import type { Progress } from '../../core/deadlines/deadline.ts';
import { deadlines } from '../../core/deadlines/index.ts';
import type { Graph } from '../../core/graph/graph.ts';
import type { DeadlineKind } from '../../core/graph/rows/deadlines.ts';

const kinds = Object.keys(deadlines) as DeadlineKind[];
const active = kinds.filter((kind) => !deadlines[kind].isQuiet);

export interface SequenceKind {
  readonly kind: DeadlineKind;
  readonly description: string;
  readonly running: number;
  /** When the first of them is due, ms since the epoch. */
  readonly next: number | null;
}

export interface Sequence extends Progress {
  readonly kind: DeadlineKind;
  /** A fid, a host's name, an endpoint. */
  readonly subject: string;
  readonly due: number;
}

export const sequenceKinds = (graph: Graph): SequenceKind[] =>
  kinds.map((kind) => ({
    kind,
    description: deadlines[kind].description,
    running: graph.indexes.deadlines.count(kind),
    next: graph.indexes.deadlines.next(kind)?.at ?? null,
  }));

/** Those that are due first; what only waits is left out. */
export const sequences = (graph: Graph, limit: number): Sequence[] =>
  graph.indexes.deadlines.due(Infinity, limit, ...active).map(({ kind, subject, at }) => ({
    kind,
    subject,
    ...deadlines[kind].progressOf(graph, subject),
    due: at,
  }));
