/** The processes of type `ha`, by node. */

import { fidKey } from '../../values/fid.ts';
import type { ProcessRow } from '../rows/processes.ts';
import { Adjacency } from './adjacency.ts';
import type { Following, Index, Lookup } from './following.ts';

export class HaProcesses implements Index {
  readonly #lookup: Lookup;
  readonly #ofNodes = new Adjacency();

  constructor(lookup: Lookup) {
    this.#lookup = lookup;
  }

  readonly following: Following = {
    process: (before, after) => {
      if (before && after) return;
      const { fid, node, spec } = (after ?? before)!;
      if (this.#lookup.must('spec', spec).spec.type !== 'ha') return;
      if (after) this.#ofNodes.link(node, fid);
      else this.#ofNodes.unlink(node, fid);
    },
  };

  /** The one of a node; that with the lowest fid where there are several. */
  of(node: string): ProcessRow | undefined {
    let lowest: ProcessRow | undefined;
    for (const key of this.#ofNodes.of(node)) {
      const row = this.#lookup.must('process', key);
      if (!lowest || fidKey(row.fid) < fidKey(lowest.fid)) lowest = row;
    }
    return lowest;
  }
}
