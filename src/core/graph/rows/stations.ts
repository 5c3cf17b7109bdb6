/** The stations of the cluster, and which of them leads. */

import { shown } from './row.ts';
import type { Provenance } from './row.ts';

export interface StationRow extends Provenance {
  readonly name: string;
  /** Base URL, at which the others and clients find it. */
  readonly url: string;
  /** When it became known, ms since the epoch. */
  readonly added: number;
}

export interface LeadershipRow extends Provenance {
  /** There is one, or none: no station has ever led by the log. */
  readonly id: 'leadership';
  readonly term: number;
  /** Who leads in this term; null: it was retired, and no other has followed. */
  readonly station: string | null;
  /** When the term began, ms since the epoch. */
  readonly since: number;
}

export const stationRows = {
  station: shown<StationRow>('name'),
  leadership: shown<LeadershipRow>('id'),
};
