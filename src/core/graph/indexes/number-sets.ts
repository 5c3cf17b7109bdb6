/** Sets of numbers by name. */

import { NumberSet } from './number-set.ts';

/** A family of number sets by name; empty ones are let go. */
export class NumberSets {
  readonly #sets = new Map<string, NumberSet>();

  has(name: string, value: number): boolean {
    return this.#sets.get(name)?.has(value) ?? false;
  }

  add(name: string, value: number): void {
    let set = this.#sets.get(name);
    if (!set) this.#sets.set(name, (set = new NumberSet()));
    set.add(value);
  }

  delete(name: string, value: number): void {
    const set = this.#sets.get(name);
    set?.delete(value);
    if (set?.isEmpty) this.#sets.delete(name);
  }

  lowestFree(name: string, from: number, to: number): number {
    const set = this.#sets.get(name);
    if (set) return set.lowestFree(from, to);
    return from <= to ? from : -1;
  }
}
