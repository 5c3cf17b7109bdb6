/** The keys of one kind of resource, in order, so that a page costs what it shows. */

import { keyFields } from './resources.ts';
import type { Kind } from './resources.ts';

/** Keys of one block; more make it two. */
const blockMax = 1024;

export type Compare = (a: string, b: string) => number;

export const byText: Compare = (a, b) => (a < b ? -1 : a > b ? 1 : 0);

/** Fids of one kind differ in their key only, so the longer one is the later one. */
export const byAge: Compare = (a, b) => a.length - b.length || byText(a, b);

/** How the keys of a kind are ordered: fids by age, all others as text. */
export const orderOf = (kind: Kind): Compare => (keyFields[kind] === 'fid' ? byAge : byText);

export class SortedKeys {
  readonly #compare: Compare;
  /** Sorted, and none of them empty. What is added usually comes last. */
  readonly #blocks: string[][] = [];
  #size = 0;

  constructor(compare: Compare) {
    this.#compare = compare;
  }

  get size(): number {
    return this.#size;
  }

  /** Adds a key; nothing happens where it is there. */
  add(key: string): void {
    const last = this.#blocks.at(-1);
    if (!last || this.#compare(last.at(-1)!, key) < 0) {
      this.#size += 1;
      if (last && last.length < blockMax) last.push(key);
      else this.#blocks.push([key]);
      return;
    }
    const at = Math.max(0, this.#blockOf(key));
    const block = this.#blocks[at]!;
    const place = this.#placeAfter(block, key);
    if (block[place - 1] === key) return;
    block.splice(place, 0, key);
    this.#size += 1;
    if (block.length > blockMax) this.#blocks.splice(at + 1, 0, block.splice(blockMax / 2));
  }

  has(key: string): boolean {
    const block = this.#blocks[this.#blockOf(key)];
    return block !== undefined && block[this.#placeAfter(block, key) - 1] === key;
  }

  delete(key: string): void {
    const at = this.#blockOf(key);
    const block = this.#blocks[at];
    if (!block) return;
    const place = this.#placeAfter(block, key) - 1;
    if (block[place] !== key) return;
    block.splice(place, 1);
    this.#size -= 1;
    if (block.length === 0) this.#blocks.splice(at, 1);
  }

  /** The next keys after one, which need not be there; from the first without one. */
  after(key: string | undefined, count: number): string[] {
    const keys: string[] = [];
    let at = key === undefined ? 0 : Math.max(0, this.#blockOf(key));
    const first = this.#blocks[at];
    let place = key === undefined || !first ? 0 : this.#placeAfter(first, key);
    for (let block = first; block && keys.length < count; block = this.#blocks[++at]) {
      keys.push(...block.slice(place, place + count - keys.length));
      place = 0;
    }
    return keys;
  }

  /** Index of the last block that begins with the key or before it; -1: none does. */
  #blockOf(key: string): number {
    let [before, after] = [-1, this.#blocks.length];
    while (after - before > 1) {
      const middle = (before + after) >> 1;
      if (this.#compare(this.#blocks[middle]![0]!, key) <= 0) before = middle;
      else after = middle;
    }
    return before;
  }

  /** How many keys of a block are not after a key. */
  #placeAfter(block: readonly string[], key: string): number {
    let [low, high] = [0, block.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#compare(block[middle]!, key) <= 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
