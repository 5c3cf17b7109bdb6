/** Deadlines in order of time. */

import type { DeadlineRow } from '../rows/deadlines.ts';

/** A place in the heap. `live` turns false when the row is replaced or removed. */
interface Entry {
  readonly row: DeadlineRow;
  live: boolean;
}

/** Below this size the heap is not worth tidying. */
const untidyMin = 64;

/**
 * A binary heap over deadline rows. A row that was replaced or removed stays in the heap until it
 * surfaces or until half of the heap is such rows, so that changing a deadline costs O(log n) and
 * never a search.
 */
export class DeadlineHeap {
  #heap: Entry[] = [];
  readonly #entries = new Map<string, Entry>();

  replace(before: DeadlineRow | undefined, after: DeadlineRow | undefined): void {
    if (before) {
      this.#entries.get(before.id)!.live = false;
      this.#entries.delete(before.id);
    }
    if (!after) return;
    const entry = { row: after, live: true };
    this.#entries.set(after.id, entry);
    if (this.#heap.length > untidyMin && this.#heap.length > 2 * this.#entries.size) this.#tidy();
    else this.#insert(entry);
  }

  get size(): number {
    return this.#entries.size;
  }

  /** The earliest deadline, if any. */
  next(): DeadlineRow | undefined {
    return this.#first()?.row;
  }

  /**
   * The deadlines at or before a time, earliest first; equal times in the order of their ids. At
   * most `limit`.
   */
  due(now: number, limit: number): DeadlineRow[] {
    const due: Entry[] = [];
    for (
      let first = this.#first();
      first && first.row.at <= now && due.length < limit;
      first = this.#first()
    ) {
      due.push(first);
      this.#dropFirst();
    }
    for (const entry of due) this.#insert(entry);
    return due.map(({ row }) => row);
  }

  #first(): Entry | undefined {
    while (this.#heap[0]?.live === false) this.#dropFirst();
    return this.#heap[0];
  }

  /** Keeps only what is live. A sorted array is a heap. */
  #tidy(): void {
    this.#heap = [...this.#entries.values()].sort((a, b) => (earlier(a, b) ? -1 : 1));
  }

  #insert(entry: Entry): void {
    this.#heap.push(entry);
    let index = this.#heap.length - 1;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!earlier(this.#heap[index]!, this.#heap[parent]!)) return;
      this.#swap(index, parent);
      index = parent;
    }
  }

  #dropFirst(): void {
    const last = this.#heap.pop();
    if (last === undefined || this.#heap.length === 0) return;
    this.#heap[0] = last;
    let index = 0;
    for (;;) {
      const left = 2 * index + 1;
      let least = index;
      for (const child of [left, left + 1]) {
        const entry = this.#heap[child];
        if (entry && earlier(entry, this.#heap[least]!)) least = child;
      }
      if (least === index) return;
      this.#swap(index, least);
      index = least;
    }
  }

  #swap(a: number, b: number): void {
    [this.#heap[a], this.#heap[b]] = [this.#heap[b]!, this.#heap[a]!];
  }
}

const earlier = ({ row: a }: Entry, { row: b }: Entry): boolean =>
  a.at < b.at || (a.at === b.at && a.id < b.id);
