/** What machines are told by their OBMs. Each order is sent once; what a station that ended had sent is looked for. */

import { eventsOfType } from '../../../core/events/reading.ts';
import type { Graph } from '../../../core/graph/graph.ts';
import { hasEnded, orderId } from '../../../core/graph/rows/obms.ts';
import type { OrderRow } from '../../../core/graph/rows/obms.ts';
import type { ProcedureRow } from '../../../core/graph/rows/procedures.ts';
import { isHeldBack } from '../../../core/lifecycle/machine-queue.ts';
import { procedureWith, rebootOf } from '../../../core/lifecycle/reboots.ts';
import { isSent } from '../../../core/procedures/reboot.ts';
import type { ObmOrder } from '../../../core/values/obm.ts';
import type { RebootNote } from '../../../core/values/reboots.ts';
import { revision } from '../../../core/values/revision.ts';
import type { Obms } from '../../obm/obms.ts';
import type { RebootSoFar } from '../../suggestions/suggestions.ts';
import type { Effect, EffectKind } from './effect.ts';

/** Of the name that the host had then, by which the order is found. */
const effectOf = ({ created: intended, id, order: intent, state }: OrderRow): Effect<ObmOrder> => ({
  intended,
  target: id.slice(id.indexOf('/') + 1),
  intent,
  isBegun: state === 'begun',
});

/** Those that may be begun, the oldest first. */
const inOrder = (
  graph: Graph,
  rows: Iterable<OrderRow>,
  isOurs: (order: ObmOrder) => boolean,
): Effect<ObmOrder>[] =>
  [...rows]
    .filter((row) => isOurs(row.order) && !hasEnded(row) && !isHeldBack(graph, row))
    .sort((a, b) => a.created - b.created)
    .map(effectOf);

const idOf = ({ intended, target }: Effect<ObmOrder>): string =>
  orderId(revision(intended), target);

/** Why a reboot that was ordered must not be sent any more, by what is known now; null: it may. */
export type AskAgain = (fqdn: string, reboot: RebootNote, soFar: RebootSoFar) => string | null;

/** @param row absent: it is one order, as in logs of versions before */
export const soFarOf = (row: ProcedureRow | undefined): RebootSoFar => ({
  drains: row?.plan.kind === 'reboot' && row.plan.drain,
  isTried: row !== undefined && isSent(row),
});

const nothingForbids: AskAgain = () => null;

/** Orders: sent once, one after the other. */
export const obmOrders = (obms: Obms, askAgain = nothingForbids): EffectKind<ObmOrder> => ({
  ...ofObms(obms, 'order to an OBM', ({ kind }) => kind !== 'refresh', askAgain),
  mayRepeat: false,
});

/** Looks: no order waits for them, and to look twice harms nobody. */
export const obmRefreshes = (obms: Obms): EffectKind<ObmOrder> => {
  const { settle: _, ...kind } = ofObms(obms, 'look at an OBM', ({ kind }) => kind === 'refresh');
  return { ...kind, mayRepeat: true };
};

const ofObms = (
  obms: Obms,
  kind: string,
  isOurs: (order: ObmOrder) => boolean,
  askAgain = nothingForbids,
): Omit<EffectKind<ObmOrder>, 'mayRepeat'> => ({
  kind,
  // Each is a request that waits: those that hang must not take the places of the others. The daemons pace them.
  limits: { atOnce: 1024, perTarget: 1 },
  *unended(graph) {
    yield* inOrder(graph, graph.all('order'), isOurs);
  },
  // What waits for a procedure has its turn when that has ended.
  *intendedBy(commit, graph) {
    for (const { data } of eventsOfType(commit, 'ObmOrdered')) {
      const row = graph.get('order', orderId(commit.revision, data.fqdn));
      if (row) yield* inOrder(graph, [row], isOurs);
    }
    for (const { data } of eventsOfType(commit, 'ProcedureEnded'))
      yield* inOrder(graph, graph.many('obeys', data.fqdn), isOurs);
    for (const { data } of eventsOfType(commit, 'HostRenamed'))
      yield* inOrder(graph, graph.many('obeys', data.to), isOurs);
  },
  find(graph, effect) {
    const row = graph.get('order', idOf(effect));
    return row && !hasEnded(row) ? effectOf(row) : undefined;
  },
  begin: (effect) => ({ type: 'BeginObmOrder', id: idOf(effect) }),
  async run(effect, { graph, signal }) {
    const row = graph.get('order', idOf(effect));
    const reboot = row && rebootOf(graph, row);
    const why = reboot ? askAgain(row.host, reboot, soFarOf(procedureWith(graph, row))) : null;
    if (why !== null) return { outcome: 'failed', detail: `nothing was sent: ${why}` };
    const { outcome, detail } = await obms.carryOut(idOf(effect), signal);
    return { outcome: outcome === 'unknown' ? 'interrupted' : outcome, detail };
  },
  async settle(effect, { signal }) {
    const { outcome, detail } = await obms.settle(idOf(effect), signal);
    return { outcome: outcome === 'unknown' ? 'interrupted' : outcome, detail };
  },
  end: (effect, { outcome, detail }) => ({
    type: 'EndObmOrder',
    id: idOf(effect),
    outcome: outcome === 'interrupted' ? 'unknown' : outcome,
    detail,
  }),
});
