/** The processes that provide CONFD. */

import type { ProcessRow } from '../rows/processes.ts';
import type { Following, Index, Lookup } from './following.ts';

export class Confds implements Index {
  readonly #lookup: Lookup;
  readonly #fids = new Set<string>();

  constructor(lookup: Lookup) {
    this.#lookup = lookup;
  }

  readonly following: Following = {
    process: (before, after) => {
      if (before && after) return;
      const { fid, spec } = (after ?? before)!;
      if (!this.#lookup.must('spec', spec).spec.services.includes('CONFD')) return;
      if (after) this.#fids.add(fid);
      else this.#fids.delete(fid);
    },
  };

  /** In no particular order. */
  *all(): IterableIterator<ProcessRow> {
    for (const fid of this.#fids) yield this.#lookup.must('process', fid);
  }
}
