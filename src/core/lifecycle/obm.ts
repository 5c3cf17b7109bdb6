/** Out-of-band managers, as what they allow bears on everything else. */

import type { ReadGraph } from '../graph/read-graph.ts';
import type { OrderRow, RegistrationRow } from '../graph/rows/obms.ts';
import type { ObmState, Refreshed } from '../values/obm.ts';
import { queueOf } from './machine-queue.ts';

export const obmStateOf = ({ token, isBegun }: RegistrationRow): ObmState =>
  isBegun ? 'enabling' : token === null ? 'disabled' : 'enabled';

/**
 * Whether whoever has a host may use its out-of-band manager, or perhaps may. Then the host changes hands for nobody:
 * the token that is out would still open it for who had it before.
 */
export const isObmEnabled = (graph: ReadGraph, fqdn: string): boolean => {
  const registration = graph.one('registers', fqdn);
  return registration !== undefined && obmStateOf(registration) !== 'disabled';
};

/** How much was ordered of a host that has not ended; looks are none. */
export const waitingOrders = (graph: ReadGraph, fqdn: string): number =>
  queueOf(graph, fqdn).length;

/** The latest look at a host that sees all of something, whether or not it has ended. */
export const latestRefresh = (
  graph: ReadGraph,
  fqdn: string,
  whats: readonly Refreshed[],
): OrderRow | undefined =>
  [...graph.many('obeys', fqdn)]
    .filter(({ order }) => order.kind === 'refresh' && whats.every((of) => order.what.includes(of)))
    .sort((a, b) => a.created - b.created)
    .at(-1);
