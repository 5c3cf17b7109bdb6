/** The machines of each project, in the order of their names. */

import { byText, SortedKeys } from '../sorted-keys.ts';
import type { Following, Index } from './following.ts';

export class LentHosts implements Index {
  readonly #lists = new Map<string, SortedKeys>();

  readonly following: Following = {
    host: (before, after) => {
      if (before?.project === after?.project) return;
      if (before && before.project !== null) this.#take(before.project, before.fqdn);
      if (after && after.project !== null) this.#give(after.project, after.fqdn);
    },
  };

  #give(project: string, fqdn: string): void {
    let list = this.#lists.get(project);
    if (!list) this.#lists.set(project, (list = new SortedKeys(byText)));
    list.add(fqdn);
  }

  #take(project: string, fqdn: string): void {
    const list = this.#lists.get(project);
    list?.delete(fqdn);
    if (list?.size === 0) this.#lists.delete(project);
  }

  /** The next names after one; from the first without one. */
  after(project: string, fqdn: string | undefined, count: number): string[] {
    return this.#lists.get(project)?.after(fqdn, count) ?? [];
  }
}
