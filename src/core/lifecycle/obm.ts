/** Out-of-band managers, as what they allow bears on everything else. */

import type { Graph } from '../graph/graph.ts';

/**
 * Whether whoever has a host may use its out-of-band manager. Then the host changes hands for nobody: the token that is
 * out would still open it for who had it before.
 */
export const isObmEnabled = (graph: Graph, fqdn: string): boolean =>
  graph.one('manages', fqdn)?.enabled === true;
