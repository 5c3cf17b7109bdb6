/** The index of one relation: from a row to the keys of the rows related to it. */

import type { Relation } from '../relations.ts';

/**
 * Most rows have one related row (a process its one service), so a single key is kept bare; a set
 * is made for the second. A million sets of one element would cost 200 MB.
 */
export class Adjacency {
  readonly #related = new Map<string, string | Set<string>>();

  link(from: string, to: string): void {
    const present = this.#related.get(from);
    if (present === undefined) this.#related.set(from, to);
    else if (typeof present === 'string') this.#related.set(from, new Set([present, to]));
    else present.add(to);
  }

  unlink(from: string, to: string): void {
    const present = this.#related.get(from);
    if (present === to) this.#related.delete(from);
    else if (present instanceof Set) {
      present.delete(to);
      if (present.size === 0) this.#related.delete(from);
    }
  }

  count(from: string): number {
    const present = this.#related.get(from);
    return present === undefined ? 0 : typeof present === 'string' ? 1 : present.size;
  }

  /** The related row that came first; the only one, of a to-one relation. */
  first(from: string): string | undefined {
    const present = this.#related.get(from);
    if (present === undefined || typeof present === 'string') return present;
    for (const key of present) return key;
    return undefined;
  }

  *of(from: string): IterableIterator<string> {
    const present = this.#related.get(from);
    if (present === undefined) return;
    if (typeof present === 'string') yield present;
    else yield* present;
  }
}

/** Like {@link Adjacency}, but remembers only how many. */
export class Tally {
  readonly #counts = new Map<string, number>();

  link(from: string, _to?: string): void {
    this.#counts.set(from, (this.#counts.get(from) ?? 0) + 1);
  }

  unlink(from: string, _to?: string): void {
    const left = this.count(from) - 1;
    if (left === 0) this.#counts.delete(from);
    else this.#counts.set(from, left);
  }

  count(from: string): number {
    return this.#counts.get(from) ?? 0;
  }

  // A tally cannot be walked; its relations are not in `ToMany`, so nobody is able to ask.
  *of(_from: string): IterableIterator<string> {}

  first(_from: string): undefined {
    return undefined;
  }
}

/** A relation and its index. */
export interface IndexedRelation {
  readonly name: string;
  readonly definition: Relation;
  readonly index: Adjacency | Tally;
}
