/** Whether more may be ordered of a machine, and by whoever asks: what waits is bounded for both. */

import type { Graph } from '../graph/graph.ts';
import { waitingOrders } from '../lifecycle/obm.ts';
import { ordersWaitingMax } from '../values/obm.ts';
import { ordersOfOneMax } from '../values/queues.ts';
import { reject } from '../values/rejection.ts';
import type { Refused } from '../values/rejection.ts';

/** Seconds after which there may be room for another order. */
const retryAfter = 10;

/** Why nothing more may be ordered; undefined: it may. @param by null: the station itself */
export const lackOfTurns = (graph: Graph, fqdn: string, by: string | null): Refused | undefined => {
  const waiting = waitingOrders(graph, fqdn);
  if (waiting >= ordersWaitingMax)
    return reject(
      'too-many-orders',
      `${waiting} orders wait for ${fqdn} already, which is the most`,
      { subject: fqdn, retryAfter },
    );
  if (by === null || graph.indexes.ordersOf.count(by) < ordersOfOneMax) return undefined;
  return reject(
    'too-many-orders-of-one',
    `${by} has ${ordersOfOneMax} orders under way already, which is the most`,
    { retryAfter },
  );
};
