/** The numbers that only grow. */

import { fidKey } from '../../values/fid.ts';
import type { Fid } from '../../values/fid.ts';
import type { Position } from '../changes.ts';
import type { Graph } from '../graph.ts';

/** Raises a counter to a number that was given out. */
export const raise = (
  graph: Graph,
  name: 'fid' | 'spec',
  value: number,
  position: Position,
): void => {
  const row = graph.get('counter', name);
  if (!row || value > row.value)
    graph.put('counter', {
      name,
      value,
      created: row?.created ?? position.revision,
      changed: position.revision,
    });
};

/** Raises the counter of fids to that of one that was given out. */
export const drawn = (graph: Graph, fid: Fid, position: Position): void =>
  raise(graph, 'fid', fidKey(fid), position);
