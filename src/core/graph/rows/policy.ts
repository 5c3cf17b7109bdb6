/** The policy of the site as it is now. */

import type { PolicyRule } from '../../values/policy.ts';
import { internal } from './row.ts';
import type { Provenance } from './row.ts';

export interface RulebookRow extends Provenance {
  /** There is one, or none. */
  readonly id: 'rulebook';
  /** Where it was read. */
  readonly file: string;
  readonly rules: readonly PolicyRule[];
}

export const rulebookRows = {
  rulebook: internal<RulebookRow>('id'),
};
