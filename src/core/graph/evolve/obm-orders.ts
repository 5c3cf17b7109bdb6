/** What the events of orders to OBMs change in the graph. */

import type { obmOrderEvents } from '../../events/obm-orders.ts';
import { ordersKeptMax, refreshesKeptMax } from '../../values/obm.ts';
import { revision as revisionOf } from '../../values/revision.ts';
import { clearDeadline, made, setDeadline } from '../changes.ts';
import type { Evolvers, Position } from '../changes.ts';
import type { Graph } from '../graph.ts';
import { hasEnded, orderId } from '../rows/obms.ts';
import type { OrderRow } from '../rows/obms.ts';
import { afterEnd, beginWait } from './host-return.ts';

const forget = (graph: Graph, id: string): void => {
  graph.remove('order', id);
  clearDeadline(graph, 'host-return', id);
  clearDeadline(graph, 'queue-expiry', id);
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

interface Named {
  readonly fqdn: string;
  readonly ordered: number;
}

const orderOf = (graph: Graph, { fqdn, ordered }: Named): OrderRow | undefined =>
  [...graph.many('obeys', fqdn)].find(({ created }) => created === ordered);

/** It waits for its turn no more. */
const change = (
  graph: Graph,
  named: Named,
  changed: Partial<OrderRow>,
  { revision, at }: Position,
): OrderRow | undefined => {
  const row = orderOf(graph, named);
  if (!row) return undefined;
  clearDeadline(graph, 'queue-expiry', row.id);
  const after = { ...row, ...changed, since: at, changed: revision };
  graph.put('order', after);
  return after;
};

export const obmOrderEvolvers: Evolvers<typeof obmOrderEvents> = {
  ObmOrdered: (graph, data, position) => {
    const { fqdn: host, epoch, order, recovery, by, begin_by: beginBy, procedure } = data;
    const { revision, at: since } = position;
    const id = orderId(revision, host);
    graph.put('order', {
      ...{ id, host, order, epoch: revisionOf(epoch) },
      ...(beginBy === null ? {} : { turn: { by: by === null ? [] : [by], beginBy, begun: null } }),
      ...(recovery ? { recovery: true as const } : {}),
      ...(procedure === null ? {} : { procedure: revisionOf(procedure) }),
      ...{ state: 'waiting', detail: '', since, ...made(position) },
    });
    if (beginBy !== null) setDeadline(graph, 'queue-expiry', id, beginBy, position);
  },

  ObmOrderJoined: (graph, data, position) => {
    const row = orderOf(graph, data);
    if (!row?.turn || data.by === null) return;
    const turn = { ...row.turn, by: [...row.turn.by, data.by] };
    graph.put('order', { ...row, turn, changed: position.revision });
  },

  ObmOrderBegun: (graph, data, position) => {
    const turn = orderOf(graph, data)?.turn;
    const begun = turn ? { turn: { ...turn, begun: position.at } } : {};
    const row = change(graph, data, { state: 'begun', ...begun }, position);
    if (row) beginWait(graph, row, position);
  },

  ObmOrderEnded: (graph, data, position) => {
    const { outcome: state, detail } = data;
    const row = change(graph, data, { state, detail }, position);
    if (row) afterEnd(graph, row, position);
    keepLatest(graph, data.fqdn);
  },
};
