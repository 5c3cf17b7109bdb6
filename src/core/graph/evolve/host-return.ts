/** What becomes of hosts that are awaited after an order to their OBM. */

import type { hostReturnEvents } from '../../events/host-return.ts';
import type { HostFacts } from '../../values/host-facts.ts';
import { clearDeadline, setDeadline } from '../changes.ts';
import type { Evolvers, Position } from '../changes.ts';
import type { Graph } from '../graph.ts';
import type { HostRow } from '../rows/hosts.ts';
import { isAwaiting, orderId } from '../rows/obms.ts';
import type { Awaited, OrderRow } from '../rows/obms.ts';
import { varOf } from '../vars.ts';

const change = (
  graph: Graph,
  row: OrderRow,
  changed: Partial<Awaited>,
  { revision }: Position,
): void =>
  graph.put('order', { ...row, awaited: { ...row.awaited!, ...changed }, changed: revision });

const endWait = (
  graph: Graph,
  row: OrderRow,
  outcome: Awaited['outcome'],
  position: Position,
): void => {
  clearDeadline(graph, 'host-return', row.id);
  change(graph, row, { outcome }, position);
};

/** The order is being sent: what the host is until now is from before. */
export const beginWait = (graph: Graph, row: OrderRow, position: Position): void => {
  if (!row.awaited) return;
  const until = position.at + row.awaited.seconds * 1000;
  setDeadline(graph, 'host-return', row.id, until, position);
  const boot = graph.must('host', row.host).facts?.boot_id ?? '';
  change(graph, row, { boot, until }, position);
};

/**
 * The order has ended. Nobody is awaited who was not told anything. A host that was on already does not start anew: it
 * is looked at once one that was off would be known to be down.
 */
export const afterEnd = (graph: Graph, row: OrderRow, position: Position): void => {
  if (row.state === 'failed' || row.state === 'cancelled')
    clearDeadline(graph, 'host-return', row.id);
  if (!isAwaiting(row) || row.order.kind !== 'power' || row.order.action !== 'on') return;
  if (graph.must('host', row.host).state !== 'up') return;
  const known = position.at + 2 * varOf(graph, 'keepalive_timeout') * 1000;
  setDeadline(graph, 'host-return', row.id, Math.min(known, row.awaited.until ?? known), position);
};

/** An agent reports from a host: whoever awaits one that has started anew need not any more. */
export const heardOf = (
  graph: Graph,
  before: HostRow,
  { boot_id: now }: Pick<HostFacts, 'boot_id'>,
  position: Position,
): void => {
  for (const row of [...graph.many('obeys', before.fqdn)]) {
    if (!isAwaiting(row) || row.awaited.boot === null) continue;
    // Where boots have no ids, one that was away is one that has started anew, as far as can be told.
    const isAnew = now === row.awaited.boot ? now === '' && before.state !== 'up' : now !== '';
    if (isAnew) endWait(graph, row, 'back', position);
  }
};

const orderOf = (graph: Graph, fqdn: string, ordered: number): OrderRow | undefined =>
  [...graph.many('obeys', fqdn)].find(({ created }) => created === ordered);

export const hostReturnEvolvers: Evolvers<typeof hostReturnEvents> = {
  HostAwaited: (graph, { fqdn, seconds }, position) => {
    const row = graph.must('order', orderId(position.revision, fqdn));
    const awaited = { seconds, boot: null, until: null, outcome: null };
    graph.put('order', { ...row, awaited, changed: position.revision });
  },

  HostAwaitProlonged: (graph, { fqdn, ordered, until }, position) => {
    const row = orderOf(graph, fqdn, ordered);
    if (row) setDeadline(graph, 'host-return', row.id, until, position);
  },

  HostAwaitEnded: (graph, { fqdn, ordered, outcome }, position) => {
    const row = orderOf(graph, fqdn, ordered);
    if (row) endWait(graph, row, outcome, position);
  },
};
