/** Hosts that have a `problem`: a declared role could not be allocated. */

import type { Following, Index } from './following.ts';

export class BlockedHosts implements Index {
  readonly #fqdns = new Set<string>();

  readonly following: Following = {
    host: (before, after) => {
      if (after?.problem) this.#fqdns.add(after.fqdn);
      else if (before?.problem) this.#fqdns.delete(before.fqdn);
    },
  };

  all(): ReadonlySet<string> {
    return this.#fqdns;
  }
}
