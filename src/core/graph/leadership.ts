/** Which station leads, as the log has it. */

import type { ReadGraph } from './read-graph.ts';
import type { StationRow } from './rows/stations.ts';

export interface Leadership {
  readonly term: number;
  /** Null: it was retired, and no other has followed. */
  readonly station: string | null;
  /** When the term began, ms since the epoch. */
  readonly at: number;
}

/** Null where no station has ever led by the log: it is one station's own. */
export const leadership = (graph: Pick<ReadGraph, 'get'>): Leadership | null => {
  const row = graph.get('leadership', 'leadership');
  return row ? { term: row.term, station: row.station, at: row.since } : null;
};

/** The stations that are known, by name. */
export const knownStations = (graph: Pick<ReadGraph, 'rowsAfter'>): readonly StationRow[] => [
  ...graph.rowsAfter('station'),
];
