/** How many hosts are down that somebody works on: that they are says nothing about the others. */

import type { HostRow } from '../rows/hosts.ts';
import type { Following, Index, Lookup } from './following.ts';

export class ExpectedLosses implements Index {
  readonly #lookup: Lookup;
  #count = 0;

  constructor(lookup: Lookup) {
    this.#lookup = lookup;
  }

  readonly following: Following = {
    host: (before, after) => {
      if (before?.state === after?.state) return;
      if (!this.#lookup.get('maintenance', (after ?? before)!.fqdn)) return;
      this.#count += down(after) - down(before);
    },
    maintenance: (before, after) => {
      if (before && after) return;
      const host = this.#lookup.get('host', (after ?? before)!.host);
      this.#count += after ? down(host) : -down(host);
    },
  };

  get count(): number {
    return this.#count;
  }
}

const down = (host: HostRow | undefined): number => (host?.state === 'down' ? 1 : 0);
