/** Rows of the fleet as the log had it at a past moment, made once for all who ask about the same. */

import { byName } from '../../checks/view/natural.ts';
import type { FleetRow } from '../../checks/view/row.ts';
import type { Graph } from '../../core/graph/graph.ts';
import { pastRow } from '../../station/fleet/past-row.ts';
import type { Station } from '../../station/station.ts';
import type { LastingMoment } from '../reads.ts';
import { sorted } from './text.ts';

/** By graph of the past, which never changes. */
const made = new WeakMap<Graph, readonly FleetRow[]>();

/**
 * All that somebody sees, in the order in which people count. Empty texts give others a turn.
 *
 * @param graph the one behind the moment
 */
export function* rowsThen(
  station: Station,
  { graph: view }: LastingMoment,
  graph: Graph,
  seen: ReadonlySet<string> | undefined,
): Generator<string, readonly FleetRow[]> {
  let rows = made.get(graph);
  if (!rows) {
    const found: FleetRow[] = [];
    for (const host of view.rowsAfter('host')) {
      found.push(pastRow(view, host));
      yield '';
    }
    rows = yield* sorted(found, (a, b) => byName(a.machine, b.machine));
    if (graph !== station.graph) made.set(graph, rows);
  }
  return seen ? rows.filter(({ machine }) => seen.has(machine)) : rows;
}
