/** The hosts in each state, in the order of their names, and how many they are. */

import { hostStates } from '../../values/states.ts';
import type { HostState } from '../../values/states.ts';
import { byText, SortedKeys } from '../sorted-keys.ts';
import type { Following, Index } from './following.ts';

export class HostLists implements Index {
  readonly #lists = new Map(hostStates.map((state) => [state, new SortedKeys(byText)]));

  readonly following: Following = {
    host: (before, after) => {
      if (before?.state === after?.state) return;
      if (before) this.#lists.get(before.state)!.delete(before.fqdn);
      if (after) this.#lists.get(after.state)!.add(after.fqdn);
    },
  };

  /** The next names after one; from the first without one. */
  after(state: HostState, fqdn: string | undefined, count: number): string[] {
    return this.#lists.get(state)!.after(fqdn, count);
  }

  counts(): Readonly<Record<HostState, number>> {
    const count = (state: HostState): number => this.#lists.get(state)!.size;
    return { unknown: count('unknown'), up: count('up'), down: count('down') };
  }
}
