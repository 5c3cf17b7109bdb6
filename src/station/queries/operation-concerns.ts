/** What operations and commits are about, so that only what a commit may have changed is looked at again. */

import type { ReadEvent } from '../../core/events/reading.ts';
import type { Graph } from '../../core/graph/graph.ts';

/** Hosts, nodes and processes; null: any. */
export type Concerns = ReadonlySet<string> | null;

/**
 * The hosts, nodes and processes that an event names, and the node of the process. What names none,
 * a wish about the cluster or a changed role, may concern any.
 */
export const namedIn = (graph: Graph, event: ReadEvent): string[] => {
  const { fid, fqdn, host, node }: Record<string, unknown> = event.type === null ? {} : event.data;
  const home = typeof fid === 'string' ? graph.get('process', fid)?.node : undefined;
  return [fid, fqdn, host, node, home].filter((id) => typeof id === 'string');
};

/** What an operation's state hangs on: what its commit names, and the whole nodes around that. */
export const concernsOf = (graph: Graph, events: readonly ReadEvent[]): Concerns => {
  const named = events.map((event) => namedIn(graph, event));
  if (named.some((ids) => ids.length === 0)) return null;
  const concerns = new Set(named.flat());
  for (const id of [...concerns]) {
    const node = graph.one('runs', id)?.fid;
    if (node) concerns.add(node);
    const host = graph.get('node', id)?.host;
    if (host !== undefined) concerns.add(host);
  }
  return concerns;
};
