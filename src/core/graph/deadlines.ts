/** The deadlines of the graph in order of time. */

import type { DeadlineRow } from './resources.ts';

/**
 * A binary heap over deadline rows. A row that was replaced or removed stays in the heap until it surfaces and is then
 * dropped, so that changing a deadline costs O(log n) and never a search.
 */
export class DeadlineHeap {
  readonly #heap: DeadlineRow[] = [];
  readonly #current = new Map<string, DeadlineRow>();

  replace(before: DeadlineRow | undefined, after: DeadlineRow | undefined): void {
    if (before) this.#current.delete(before.id);
    if (!after) return;
    this.#current.set(after.id, after);
    this.#heap.push(after);
    this.#rise(this.#heap.length - 1);
  }

  /** The earliest deadline, if any. */
  next(): DeadlineRow | undefined {
    for (;;) {
      const first = this.#heap[0];
      if (first === undefined || this.#current.get(first.id) === first) return first;
      this.#dropFirst();
    }
  }

  /** The deadlines at or before a time, earliest first; equal times in the order of their ids. At most `limit`. */
  due(now: number, limit: number): DeadlineRow[] {
    const due: DeadlineRow[] = [];
    for (let first = this.next(); first && first.at <= now && due.length < limit; first = this.next()) {
      due.push(first);
      this.#dropFirst();
    }
    for (const row of due) {
      this.#heap.push(row);
      this.#rise(this.#heap.length - 1);
    }
    return due;
  }

  #dropFirst(): void {
    const last = this.#heap.pop();
    if (last === undefined || this.#heap.length === 0) return;
    this.#heap[0] = last;
    this.#sink(0);
  }

  #rise(start: number): void {
    let index = start;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!earlier(this.#heap[index]!, this.#heap[parent]!)) return;
      this.#swap(index, parent);
      index = parent;
    }
  }

  #sink(start: number): void {
    let index = start;
    for (;;) {
      const left = 2 * index + 1;
      let least = index;
      for (const child of [left, left + 1]) {
        const row = this.#heap[child];
        if (row && earlier(row, this.#heap[least]!)) least = child;
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

const earlier = (a: DeadlineRow, b: DeadlineRow): boolean =>
  a.at < b.at || (a.at === b.at && a.id < b.id);
