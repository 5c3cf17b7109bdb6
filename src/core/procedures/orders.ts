/** What a stage orders of the OBM of its machine, and what became of it. */

import { decided } from '../decision.ts';
import type { Decision } from '../decision.ts';
import type { EventDraft } from '../events/catalogue.ts';
import type { ReadGraph } from '../graph/read-graph.ts';
import type { OrderRow } from '../graph/rows/obms.ts';
import type { ProcedureRow } from '../graph/rows/procedures.ts';
import { orderText } from '../values/obm.ts';
import type { ObmOrder } from '../values/obm.ts';
import { reject } from '../values/rejection.ts';
import { rightLost } from './right.ts';
import { hasFailed, isDone, waitingFor } from './stage.ts';
import type { Course, Standing } from './stage.ts';

/** How long an order may take from its stage's begin, s. */
export const orderSeconds = 600;

/**
 * Orders it as a part of the procedure, by the right of now.
 *
 * @param waitUp s for which the host is awaited after it
 */
export const orderOf = (
  graph: ReadGraph,
  row: ProcedureRow,
  order: ObmOrder,
  at: number,
  waitUp?: number,
): Decision => {
  const { host: fqdn, epoch, by, created: procedure } = row;
  if (graph.get('registration', fqdn)?.token !== epoch)
    return reject('obm-disabled', `the OBM of ${fqdn} was disabled, or enabled anew`, {
      subject: fqdn,
    });
  const lost = rightLost(graph, row, at);
  if (lost) return lost;
  // What is done by a grant is not asked for another right when it has its turn.
  const asker = row.reboot ? null : (by[0] ?? null);
  const data = { fqdn, epoch, order, recovery: false, by: asker, procedure };
  const events: EventDraft[] = [
    { type: 'ObmOrdered', data: { ...data, begin_by: at + orderSeconds * 1000 } },
  ];
  if (waitUp !== undefined) events.push({ type: 'HostAwaited', data: { fqdn, seconds: waitUp } });
  return decided(events);
};

/** The order that a procedure gave in the commit that began a stage. */
export const orderIn = (
  graph: ReadGraph,
  { host, created }: ProcedureRow,
  begun: number,
): OrderRow | undefined =>
  [...graph.many('obeys', host)].find((row) => row.procedure === created && row.created === begun);

/**
 * How a stage is whose order it is all about.
 *
 * @param unknown what it is where nobody knows whether it was carried out
 */
export const standingOfOrder = (
  graph: ReadGraph,
  { row, note }: Course,
  unknown: (detail: string) => Standing = (detail) => hasFailed(`nobody knows: ${detail}`),
): Standing => {
  const order = orderIn(graph, row, note.begun);
  if (!order) return hasFailed('what became of its order is not remembered');
  const { state, detail } = order;
  switch (state) {
    case 'waiting':
      return waitingFor(`${orderText(order.order)}: to be sent`);
    case 'begun':
      return waitingFor(`${orderText(order.order)}: sent`);
    case 'done':
      return isDone(detail);
    case 'unknown':
      return unknown(detail);
    case 'failed':
    case 'cancelled':
      return hasFailed(detail === '' ? `${orderText(order.order)} was not carried out` : detail);
  }
};
