/** What the events of orders to OBMs change in the graph. */

import type { obmOrderEvents } from '../../events/obm-orders.ts';
import { ordersKeptMax, refreshesKeptMax } from '../../values/obm.ts';
import { revision as revisionOf } from '../../values/revision.ts';
import { clearDeadline, made } from '../changes.ts';
import type { Evolvers, Position } from '../changes.ts';
import type { Graph } from '../graph.ts';
import { hasEnded, orderId } from '../rows/obms.ts';
import type { OrderRow } from '../rows/obms.ts';
import { afterEnd, beginWait } from './host-return.ts';

const forget = (graph: Graph, id: string): void => {
  graph.remove('order', id);
  clearDeadline(graph, 'host-return', id);
};

/** Those of a host that is gone. */
export const forgetOrders = (graph: Graph, fqdn: string): void => {
  for (const { id } of [...graph.many('obeys', fqdn)]) forget(graph, id);
};

/** Those that have ended; the oldest go until so many are left. Looks take the place of no order. */
const keepLatest = (graph: Graph, fqdn: string): void => {
  const ended = [...graph.many('obeys', fqdn)]
    .filter(hasEnded)
    .sort((a, b) => a.created - b.created);
  const isLook = ({ order }: OrderRow): boolean => order.kind === 'refresh';
  const keep = (rows: readonly OrderRow[], most: number): void => {
    for (const { id } of rows.slice(0, Math.max(0, rows.length - most))) forget(graph, id);
  };
  keep(ended.filter(isLook), refreshesKeptMax);
  keep(
    ended.filter((row) => !isLook(row)),
    ordersKeptMax,
  );
};

const change = (
  graph: Graph,
  { fqdn, ordered }: { readonly fqdn: string; readonly ordered: number },
  changed: Partial<OrderRow>,
  { revision, at }: Position,
): OrderRow | undefined => {
  const row = [...graph.many('obeys', fqdn)].find(({ created }) => created === ordered);
  if (!row) return undefined;
  const after = { ...row, ...changed, since: at, changed: revision };
  graph.put('order', after);
  return after;
};

export const obmOrderEvolvers: Evolvers<typeof obmOrderEvents> = {
  ObmOrdered: (graph, { fqdn: host, epoch, order, recovery }, position) => {
    const { revision, at: since } = position;
    const waiting = { state: 'waiting', detail: '', since } as const;
    const row = { id: orderId(revision, host), host, order, epoch: revisionOf(epoch), ...waiting };
    const why = recovery ? { recovery: true as const } : {};
    graph.put('order', { ...row, ...why, ...made(position) });
  },

  ObmOrderBegun: (graph, data, position) => {
    const row = change(graph, data, { state: 'begun' }, position);
    if (row) beginWait(graph, row, position);
  },

  ObmOrderEnded: (graph, data, position) => {
    const { outcome: state, detail } = data;
    const row = change(graph, data, { state, detail }, position);
    if (row) afterEnd(graph, row, position);
    keepLatest(graph, data.fqdn);
  },
};
