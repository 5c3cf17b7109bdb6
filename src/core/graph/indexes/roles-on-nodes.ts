/** How many processes of each role each node has, and how many nodes have any. */

import { Tally } from './adjacency.ts';
import type { Following, Index } from './following.ts';

export class RolesOnNodes implements Index {
  readonly #all = new Tally();
  /** Of these, what is being removed. */
  readonly #leaving = new Tally();
  /** By role, the nodes that have it. */
  readonly #nodes = new Tally();

  readonly following: Following = {
    process: (before, after) => {
      if (before?.removing) this.#leaving.unlink(keyOf(before));
      if (after?.removing) this.#leaving.link(keyOf(after));
      if (before && !after) {
        this.#all.unlink(keyOf(before));
        if (this.#all.count(keyOf(before)) === 0) this.#nodes.unlink(before.role);
      }
      if (after && !before) {
        this.#all.link(keyOf(after));
        if (this.#all.count(keyOf(after)) === 1) this.#nodes.link(after.role);
      }
    },
  };

  count(node: string, role: string): number {
    return this.#all.count(keyOf({ node, role }));
  }

  /** How many nodes have processes of a role. */
  nodesOf(role: string): number {
    return this.#nodes.count(role);
  }

  /** How many of them are not being removed. */
  staying(node: string, role: string): number {
    const key = keyOf({ node, role });
    return this.#all.count(key) - this.#leaving.count(key);
  }
}

const keyOf = ({ node, role }: { readonly node: string; readonly role: string }): string =>
  `${node} ${role}`;
