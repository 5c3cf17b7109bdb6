/** How many processes of each role each node has. */

import { Tally } from './adjacency.ts';
import type { Following, Index } from './following.ts';

export class RolesOnNodes implements Index {
  readonly #all = new Tally();
  /** Of these, what is being removed. */
  readonly #leaving = new Tally();

  readonly following: Following = {
    process: (before, after) => {
      if (before?.removing) this.#leaving.unlink(keyOf(before));
      if (after?.removing) this.#leaving.link(keyOf(after));
      if (before && !after) this.#all.unlink(keyOf(before));
      if (after && !before) this.#all.link(keyOf(after));
    },
  };

  count(node: string, role: string): number {
    return this.#all.count(keyOf({ node, role }));
  }

  /** How many of them are not being removed. */
  staying(node: string, role: string): number {
    const key = keyOf({ node, role });
    return this.#all.count(key) - this.#leaving.count(key);
  }
}

const keyOf = ({ node, role }: { readonly node: string; readonly role: string }): string =>
  `${node} ${role}`;
