/**
 * A machine is told something by its out-of-band manager: ordered, begun before it is sent, ended. What is ordered of a
 * busy machine waits; what is the same as what waits last is that.
 */

import { decided, unchanged } from '../decision.ts';
import type { Decide, Decision } from '../decision.ts';
import type { EventDraft } from '../events/catalogue.ts';
import { orderDetailLength } from '../events/obm-orders.ts';
import type { Graph } from '../graph/graph.ts';
import type { ReadGraph } from '../graph/read-graph.ts';
import { hasEnded, turnOf } from '../graph/rows/obms.ts';
import type { OrderRow } from '../graph/rows/obms.ts';
import { varOf } from '../graph/vars.ts';
import { isHeldBack, queueOf } from '../lifecycle/machine-queue.ts';
import { rightTo } from '../lifecycle/obm-right.ts';
import { latestRefresh } from '../lifecycle/obm.ts';
import { rebootOf } from '../lifecycle/reboots.ts';
import { mayStill } from '../rights/asking.ts';
import { rebootRightEnded } from '../rights/used-right.ts';
import type { ObmOrder, OrderOutcome, Refreshed } from '../values/obm.ts';
import { askersMax, beginWithinUsual } from '../values/queues.ts';
import { reject } from '../values/rejection.ts';
import type { Revision } from '../values/revision.ts';
import { lackOfTurns } from './room-in-queue.ts';

export interface OrderObm {
  readonly type: 'OrderObm';
  readonly fqdn: string;
  readonly order: ObmOrder;
  /** Of what starts a host: over when that is up, or so many s after it was sent. Absent: when it was carried out. */
  readonly waitUp?: number | undefined;
  /** Who asks; absent: the station itself. */
  readonly by?: string;
  /** For how long it may wait for its turn, s; absent: as long as is usual. */
  readonly beginWithin?: number | undefined;
}

/** The order that waits last for a machine, where it is the same as another would be. */
export const sameWaiting = (
  graph: ReadGraph,
  { fqdn, order, waitUp }: Pick<OrderObm, 'fqdn' | 'order' | 'waitUp'>,
): OrderRow | undefined => {
  const last = queueOf(graph, fqdn).at(-1);
  if (last?.kind !== 'order') return undefined;
  const { row } = last;
  const isSame =
    row.state === 'waiting' &&
    row.recovery === undefined &&
    row.epoch === graph.get('registration', fqdn)?.token &&
    row.awaited?.seconds === waitUp &&
    JSON.stringify(row.order) === JSON.stringify(order);
  return isSame ? row : undefined;
};

/** By the right of now: where that has ended when its turn comes, nothing is sent. */
export const orderObm: Decide<OrderObm> = (graph, command, { at }) => {
  const { fqdn, order, waitUp, by = null, beginWithin = beginWithinUsual } = command;
  const epoch = rightTo(graph, fqdn);
  if (typeof epoch !== 'number') return epoch;
  if (order.kind === 'refresh') return lookAgain(graph, fqdn, order, epoch, at);
  const same = sameWaiting(graph, command);
  if (same && (by === null || turnOf(same).by.includes(by))) return unchanged;
  if (same && turnOf(same).by.length < askersMax)
    return decided([{ type: 'ObmOrderJoined', data: { fqdn, ordered: same.created, by } }]);
  const refused = lackOfTurns(graph, fqdn, by);
  if (refused) return refused;
  const turn = { by, begin_by: at + beginWithin * 1000, procedure: null };
  const events: EventDraft[] = [
    { type: 'ObmOrdered', data: { fqdn, epoch, order, recovery: false, ...turn } },
  ];
  if (waitUp !== undefined) events.push({ type: 'HostAwaited', data: { fqdn, seconds: waitUp } });
  return decided(events);
};

/** However many ask, a machine is looked at once. Looks wait for no turn, and nothing waits for them. */
const lookAgain = (
  graph: Graph,
  fqdn: string,
  order: Extract<ObmOrder, { kind: 'refresh' }>,
  epoch: Revision,
  at: number,
): Decision => {
  if (isLookedAt(graph, fqdn, order.what, epoch, at)) return unchanged;
  const turn = { by: null, begin_by: null, procedure: null };
  return decided([{ type: 'ObmOrdered', data: { fqdn, epoch, order, recovery: false, ...turn } }]);
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
export const beginObmOrder: Decide<BeginObmOrder> = (graph, { id }, { at }) => {
  const row = graph.get('order', id);
  if (!row) return reject('unknown-order', `the order ${id} is not there any more`);
  if (row.state !== 'waiting' || isHeldBack(graph, row)) return unchanged;
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
  if (!mayStill(graph, turnOf(row).by, 'operate', fqdn))
    return reject(
      'right-ended',
      `whoever ordered it may not operate ${fqdn} any more; nothing was sent`,
      { subject: fqdn },
    );
  const reboot = rebootOf(graph, row);
  const ended = reboot && rebootRightEnded(graph, fqdn, reboot, at);
  if (ended) return ended;
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
