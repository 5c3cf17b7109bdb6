/** Who leads, as a graph has it. */

import type { Graph } from '../../core/graph/graph.ts';
import { leadership } from '../../core/graph/leadership.ts';
import type { Place } from './standing.ts';

/**
 * Where the station that leads is found; null: none does, as far as the log says.
 *
 * @param own name of one that certainly does not
 */
export const leaderIn = (graph: Graph, own: string | undefined): Place | null => {
  const led = leadership(graph);
  if (!led || led.station === null || led.station === own) return null;
  const row = graph.get('station', led.station);
  return row ? { station: row.name, url: row.url } : null;
};
