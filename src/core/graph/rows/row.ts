/** What all rows of the graph have, and how a kind of row is declared. */

import type { Revision } from '../../values/revision.ts';
import type { WantedState } from '../../values/states.ts';

/** The commits that made a row and that changed it last. */
export interface Provenance {
  readonly created: Revision;
  readonly changed: Revision;
}

/** A wish and the commit that expressed it. */
export interface Wanted {
  readonly state: WantedState;
  readonly at: Revision;
}

/** A kind of row: the field that identifies one, and whether anybody outside may see it. */
export interface RowKind<Row, Internal extends boolean = boolean> {
  readonly key: keyof Row & string;
  /**
   * Bookkeeping that is nobody's business outside, such as hashes of tokens: no output may hold it, and none
   * can ask for it.
   */
  readonly isInternal: Internal;
  /** Never there; it carries the type. */
  readonly row?: Row;
}

/** A kind that everybody who may read the cluster may see. */
export const shown = <Row extends Provenance>(key: keyof Row & string): RowKind<Row, false> => ({
  key,
  isInternal: false,
});

/** A kind that is for the core and the station alone. */
export const internal = <Row extends Provenance>(key: keyof Row & string): RowKind<Row, true> => ({
  key,
  isInternal: true,
});
