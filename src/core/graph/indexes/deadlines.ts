/** All deadlines of the graph, and how many of each kind there are. */

import { DeadlineHeap } from './deadline-heap.ts';
import { deadlineKinds } from '../rows/deadlines.ts';
import type { DeadlineKind, DeadlineRow } from '../rows/deadlines.ts';
import type { Following, Index } from './following.ts';

export class Deadlines implements Index {
  readonly #heaps: { readonly [K in DeadlineKind]: DeadlineHeap };

  constructor() {
    this.#heaps = Object.fromEntries(
      deadlineKinds.map((kind) => [kind, new DeadlineHeap()]),
    ) as Record<DeadlineKind, DeadlineHeap>;
  }

  readonly following: Following = {
    deadline: (before, after) => this.#heaps[(after ?? before)!.kind].replace(before, after),
  };

  /** How many of a kind there are. */
  count(kind: DeadlineKind): number {
    return this.#heaps[kind].size;
  }

  /** The earliest deadline of a kind, or of all. */
  next(...kinds: DeadlineKind[]): DeadlineRow | undefined {
    return this.#of(kinds)
      .map((heap) => heap.next())
      .filter((row) => row !== undefined)
      .sort(inOrder)[0];
  }

  /**
   * The deadlines at or before a time, of some kinds or of all, earliest first; equal times in the
   * order of their ids. At most `limit`.
   */
  due(now: number, limit: number, ...kinds: DeadlineKind[]): DeadlineRow[] {
    return this.#of(kinds)
      .flatMap((heap) => heap.due(now, limit))
      .sort(inOrder)
      .slice(0, limit);
  }

  #of(kinds: readonly DeadlineKind[]): DeadlineHeap[] {
    return (kinds.length === 0 ? deadlineKinds : kinds).map((kind) => this.#heaps[kind]);
  }
}

const inOrder = (a: DeadlineRow, b: DeadlineRow): number => a.at - b.at || (a.id < b.id ? -1 : 1);
