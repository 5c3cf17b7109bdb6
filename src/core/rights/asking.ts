/** Whether whoever asked for something that has waited may still have it. */

import type { ReadGraph } from '../graph/read-graph.ts';
import { allows } from './rights.ts';
import type { Action } from './rights.ts';

const prefix = 'token:';

/**
 * Whether one of those who asked may do that with a machine now. What the station does by itself needs nobody's right,
 * and actors that are no tokens are looked at by who let them in.
 */
export const mayStill = (
  graph: ReadGraph,
  by: readonly string[],
  action: Action,
  fqdn: string,
): boolean =>
  by.length === 0 ||
  by.some((actor) => {
    if (!actor.startsWith(prefix)) return true;
    const who = graph.get('credential', actor.slice(prefix.length));
    return who !== undefined && allows(graph, who, action, { kind: 'host', fqdn }).allowed;
  });
