/** Which values of environment ranges are taken, on each node. */

import type { Following, Index } from './following.ts';
import { NumberSets } from './number-sets.ts';

/** Range values held on each node, by environment key. */
export class Ranges implements Index {
  readonly #taken = new NumberSets();

  readonly following: Following = {
    process: (before, after) => {
      if (before?.ranges === after?.ranges) return;
      if (before) this.#release(before.node, before.ranges);
      if (after) this.#hold(after.node, after.ranges);
    },
  };

  #hold(node: string, ranges: Readonly<Record<string, number>>): void {
    for (const key in ranges) this.#taken.add(`${node} ${key}`, ranges[key]!);
  }

  #release(node: string, ranges: Readonly<Record<string, number>>): void {
    for (const key in ranges) this.#taken.delete(`${node} ${key}`, ranges[key]!);
  }

  lowestFree(node: string, key: string, from: number, to: number): number {
    return this.#taken.lowestFree(`${node} ${key}`, from, to);
  }
}
