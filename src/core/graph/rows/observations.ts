/** What OBM daemons have told of machines. What is wanted of a machine stands elsewhere, and neither overwrites the other. */

import type { ObservedPower } from '../../values/obm-news.ts';
import { internal, shown } from './row.ts';
import type { Provenance } from './row.ts';

export interface ObservationRow extends Provenance {
  readonly host: string;
  /** The last that was seen, and since when, by the clock of the daemon; null: it is not known. Never a target. */
  readonly power: { readonly state: ObservedPower; readonly seen: number } | null;
  /** Why the OBM cannot be reached, and since when; null: it can, as far as is known. */
  readonly trouble: { readonly reason: string; readonly seen: number } | null;
}

/** Up to where the news of a daemon are in the log. */
export interface FeedRow extends Provenance {
  /** Base URL. */
  readonly obmd: string;
  readonly position: string;
}

export const observationRows = {
  observation: shown<ObservationRow>('host'),
  feed: internal<FeedRow>('obmd'),
};
