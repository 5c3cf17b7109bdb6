/** Which stations lead, as far as the daemon has heard: it does nothing for those before them. */

import { staleTerm } from '../disk/heard-terms.ts';
import type { HeardTerms, Leading } from '../disk/heard-terms.ts';
import { ObmError } from './errors.ts';

export class Leaders {
  readonly #terms: HeardTerms;

  constructor(terms: HeardTerms) {
    this.#terms = terms;
  }

  /**
   * Takes note of who leads a cluster now. Orders of those before that have not begun never do.
   *
   * @throws {ObmError} `stale-term`
   * @throws Error it is not on the disk; those before are refused all the same
   */
  hear(leading: Leading): void {
    this.mustLead({ leading });
    this.#terms.hear(leading);
  }

  /** @throws {ObmError} `stale-term`: whoever asks is a station that was deposed */
  mustLead({ leading }: { readonly leading?: Leading | null }): void {
    const later = leading && this.#terms.laterThan(leading);
    if (leading && later) throw new ObmError('stale-term', staleTerm(leading.term, later));
  }
}
