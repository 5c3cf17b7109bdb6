/** What was ordered of a machine before and not ended, where a command asks for the same. */

import type { Command } from '../../core/commands/index.ts';
import { sameWaiting } from '../../core/commands/order-obm.ts';
import { sameUnderWay } from '../../core/procedures/ordered.ts';
import type { Commit } from '../../core/events/commit.ts';
import { eventsOfType } from '../../core/events/reading.ts';
import type { ReadGraph } from '../../core/graph/read-graph.ts';
import { revision } from '../../core/values/revision.ts';
import type { Revision } from '../../core/values/revision.ts';

/**
 * The operation that a command has joined by a commit, or has found when that changed nothing.
 *
 * @param commit what the command has changed; null: nothing
 */
export const joinedBy = (
  graph: ReadGraph,
  command: Command,
  commit: Commit | null,
): Revision | undefined => {
  if (commit) {
    const [joined] = eventsOfType(commit, 'ObmOrderJoined', 'ProcedureJoined');
    return joined && revision(joined.data.ordered);
  }
  if (command.type === 'OrderObm') return sameWaiting(graph, command)?.created;
  if (command.type === 'OrderProcedure') return sameUnderWay(graph, command)?.created;
  return undefined;
};
