/** What a reset changes in the graph. */

import { clearDeadline, deadlineOf } from '../changes.ts';
import type { Position } from '../changes.ts';
import type { Graph } from '../graph.ts';
import type { ProcessRow } from '../rows/processes.ts';

/** Wishes and failures are forgotten; what is being removed leaves all the same. */
export const resetGraph = (graph: Graph, position: Position): void => {
  const changed = position.revision;
  for (const row of [...graph.all('cluster')])
    if (row.wanted) graph.put('cluster', { ...row, wanted: null, changed });
  for (const row of [...graph.all('node')])
    if (row.wanted) graph.put('node', { ...row, wanted: null, changed });
  for (const row of [...graph.all('process')]) resetProcess(graph, row, position);
};

const resetProcess = (graph: Graph, row: ProcessRow, { revision, at }: Position): void => {
  if (row.removing) return;
  const isPaused = deadlineOf(graph, 'process-retry', row.fid) !== undefined;
  if (row.state !== 'failed' && !isPaused && row.wanted === null) return;
  const settled = row.state === 'failed' ? 'unknown' : isPaused ? 'offline' : null;
  clearDeadline(graph, 'process-retry', row.fid);
  graph.put('process', {
    ...row,
    wanted: null,
    changed: revision,
    ...(settled ? { state: settled, reason: '', attempt: 0, since: at, moved: revision } : {}),
  });
};
