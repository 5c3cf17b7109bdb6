/** A machine is told something by its out-of-band manager: ordered, begun before it is sent, ended. */

import { decided, unchanged } from '../decision.ts';
import type { Decide } from '../decision.ts';
import { orderDetailLength } from '../events/obm-orders.ts';
import type { Graph } from '../graph/graph.ts';
import { hasEnded } from '../graph/rows/obms.ts';
import { varOf } from '../graph/vars.ts';
import { latestRefresh, waitingOrders } from '../lifecycle/obm.ts';
import { ordersWaitingMax } from '../values/obm.ts';
import type { ObmOrder, OrderOutcome, Refreshed } from '../values/obm.ts';
import { reject } from '../values/rejection.ts';
import type { Revision } from '../values/revision.ts';
import { notRegistered, obmDisabled, usableHost } from './use-obm.ts';

/** Seconds after which there may be room for another order. */
const retryAfter = 10;

export interface OrderObm {
  readonly type: 'OrderObm';
  readonly fqdn: string;
  readonly order: ObmOrder;
  /** Of what starts a host: over when that is up, or so many s after it was sent. Absent: when it was carried out. */
  readonly waitUp?: number;
}

/** By the right of now: where that has ended when its turn comes, nothing is sent. */
export const orderObm: Decide<OrderObm> = (graph, { fqdn, order, waitUp }, { at }) => {
  const refused = usableHost(graph, fqdn);
  if (refused) return refused;
  const row = graph.get('registration', fqdn);
  if (!row) return notRegistered(fqdn);
  if (row.token === null) return obmDisabled(fqdn);
  // However many ask, a machine is looked at once.
  if (order.kind === 'refresh' && isLookedAt(graph, fqdn, order.what, row.token, at))
    return unchanged;
  const waiting = waitingOrders(graph, fqdn);
  if (waiting >= ordersWaitingMax)
    return reject(
      'too-many-orders',
      `${waiting} orders wait for ${fqdn} already, which is the most`,
      { subject: fqdn, retryAfter },
    );
  const data = { fqdn, epoch: row.token, order, recovery: false };
  return decided([
    { type: 'ObmOrdered', data },
    ...(waitUp === undefined
      ? []
      : [{ type: 'HostAwaited', data: { fqdn, seconds: waitUp } } as const]),
  ]);
};

/** Whether a look that sees all of something is under way, or was over so short ago that another would tell nothing new. */
const isLookedAt = (
  graph: Graph,
  fqdn: string,
  whats: readonly Refreshed[],
  epoch: Revision,
  at: number,
): boolean => {
  const look = latestRefresh(graph, fqdn, whats);
  if (look?.epoch !== epoch) return false;
  return !hasEnded(look) || at - look.since < varOf(graph, 'obm_refresh_interval') * 1000;
};

export interface BeginObmOrder {
  readonly type: 'BeginObmOrder';
  /** Of the order. */
  readonly id: string;
}

/** Refused where the right by which it was given has ended: then it must not be sent. */
export const beginObmOrder: Decide<BeginObmOrder> = (graph, { id }) => {
  const row = graph.get('order', id);
  if (!row) return reject('unknown-order', `the order ${id} is not there any more`);
  if (row.state !== 'waiting') return unchanged;
  const { host: fqdn, epoch, created: ordered } = row;
  // Nothing is done to a host that has reported meanwhile.
  if (row.recovery && graph.one('recovers', fqdn)?.steps?.doing?.begun !== ordered)
    return reject('host-busy', `${fqdn} is not away any more`, { subject: fqdn });
  if (graph.get('registration', fqdn)?.token !== epoch)
    return reject(
      'obm-disabled',
      `the OBM of ${fqdn} was disabled, or enabled anew, before the order had its turn`,
      { subject: fqdn },
    );
  return decided([{ type: 'ObmOrderBegun', data: { fqdn, ordered } }]);
};

export interface EndObmOrder {
  readonly type: 'EndObmOrder';
  readonly id: string;
  readonly outcome: OrderOutcome;
  readonly detail: string;
}

export const endObmOrder: Decide<EndObmOrder> = (graph, { id, outcome, detail }) => {
  const row = graph.get('order', id);
  if (!row || hasEnded(row)) return unchanged;
  const { host: fqdn, created: ordered } = row;
  const data = { fqdn, ordered, outcome, detail: detail.slice(0, orderDetailLength) };
  return decided([{ type: 'ObmOrderEnded', data }]);
};
