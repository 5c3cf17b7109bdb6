/** Removals that were asked for before and are not over: who asks for one again follows it. */

import type { Command } from '../../core/commands/index.ts';
import type { Commit } from '../../core/events/commit.ts';
import type { Graph } from '../../core/graph/graph.ts';
import type { ProcessRow } from '../../core/graph/rows/processes.ts';
import type { Revision } from '../../core/values/revision.ts';
import { removalIn } from './removal-progress.ts';

/** Commands that can find what they ask for under way. */
export type Removing = Extract<
  Command,
  { type: 'RemoveProcess' | 'RemoveNode' | 'RemoveHost' | 'ScaleRole' }
>;

export const isRemoving = (command: Command): command is Removing =>
  ['RemoveProcess', 'RemoveNode', 'RemoveHost', 'ScaleRole'].includes(command.type);

/**
 * The commit that last asked for what a command would ask for; undefined: nothing of it is leaving.
 * That commit may have been about something else as well.
 */
export const actionOf = (graph: Graph, command: Removing): Revision | undefined => {
  switch (command.type) {
    case 'RemoveProcess': {
      const process = graph.get('process', command.fid);
      return process?.removing ? process.wanted?.at : undefined;
    }
    case 'RemoveNode': {
      const node = graph.get('node', command.fid);
      return node?.removing ? node.changed : undefined;
    }
    case 'RemoveHost': {
      const host = graph.get('host', command.fqdn);
      return host?.removing ? (graph.one('runs', host.fqdn)?.changed ?? host.changed) : undefined;
    }
    case 'ScaleRole':
      return leavingOf(graph, command)[0]?.wanted?.at;
  }
};

/** Whether a commit asked for just what a command would ask for, so that both end together. */
export const isActionOf = (graph: Graph, commit: Commit, command: Removing): boolean => {
  if (commit.command !== command.type) return false;
  if (command.type === 'ScaleRole')
    return leavingOf(graph, command).every(({ wanted }) => wanted?.at === commit.revision);
  const subject = command.type === 'RemoveHost' ? command.fqdn : command.fid;
  return removalIn(commit)?.subject === subject;
};

/** The processes of a role that leave a host. */
const leavingOf = (
  graph: Graph,
  { host, role }: Removing & { type: 'ScaleRole' },
): ProcessRow[] => {
  const node = graph.one('runs', host);
  const rows = node ? [...graph.many('hosts', node.fid)] : [];
  return rows.filter((row) => row.role === role && row.removing);
};
