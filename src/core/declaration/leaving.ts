/** What is on its way out. */

import type { ReadGraph } from '../graph/read-graph.ts';
import type { HostRow } from '../graph/rows/hosts.ts';

/** Whether a host, or its node, is on its way out: nothing can be added to it. */
export const isLeaving = (graph: ReadGraph, { fqdn, removing }: HostRow): boolean =>
  removing || graph.one('runs', fqdn)?.removing === true;
