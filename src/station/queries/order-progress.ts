/** How far an order to an OBM is: sent, carried out, and over when the host is up where somebody waits for that. */

import type { Commit } from '../../core/events/commit.ts';
import { eventsOfType } from '../../core/events/reading.ts';
import type { ReadGraph } from '../../core/graph/read-graph.ts';
import { isAwaiting, orderId, turnOf } from '../../core/graph/rows/obms.ts';
import type { OrderRow } from '../../core/graph/rows/obms.ts';
import type { HostFacts } from '../../core/values/host-facts.ts';
import { orderText } from '../../core/values/obm.ts';
import type { ObmOrder } from '../../core/values/obm.ts';
import { aheadOf } from './machine-holder.ts';
import { isUnderWay, timesOf } from './operation.ts';
import type { OperationState, Progress, Seen, Times } from './operation.ts';
import type { Straggler } from './stragglers.ts';

const kindOf = (order: ObmOrder): Seen['kind'] =>
  order.kind === 'power' ? `power-${order.action}` : order.kind;

/** How it is, and in words; and what is said of the machine and why, and what else is to be known. */
interface Standing {
  readonly is: OperationState;
  readonly stage: string;
  readonly state: string;
  readonly reason: string;
  readonly warning?: string;
}

const states: {
  readonly [S in OrderRow['state']]: { readonly is: OperationState; readonly stage: string };
} = {
  waiting: { is: 'queued', stage: 'waits for its turn' },
  begun: { is: 'running', stage: 'sent' },
  done: { is: 'succeeded', stage: 'carried out' },
  failed: { is: 'failed', stage: 'not carried out' },
  unknown: { is: 'interrupted', stage: 'nobody knows' },
  cancelled: { is: 'cancelled', stage: 'cancelled before it was sent' },
};

/** One that is too old to be remembered is not said to have succeeded. */
const forgotten: Standing = {
  is: 'failed',
  stage: 'not remembered',
  state: 'unknown',
  reason: 'what became of it is not remembered any more; the events of the machine tell',
};

/** The order of a commit; null: it is none. */
export const orderIn = (commit: Commit): Progress<Seen> | null => {
  const [ordered] = eventsOfType(commit, 'ObmOrdered');
  if (!ordered) return null;
  const { fqdn, order } = ordered.data;
  return {
    subject: fqdn,
    *look(graph) {
      yield;
      const row = graph.get('order', orderId(commit.revision, fqdn));
      const host = row?.host ?? fqdn;
      const { is, stage, state, reason, warning } = row ? standingOf(graph, row) : forgotten;
      const machine: Straggler = { fid: null, host, name: orderText(order), state, reason };
      const { by = [] } = row?.turn ?? {};
      const joined = by.length > 1 ? [`asked for by ${by.join(', ')}; it is one operation`] : [];
      const notes = [...(warning === undefined ? [] : [warning]), ...joined];
      const cannot = is === 'failed' || is === 'interrupted';
      return {
        kind: kindOf(order),
        subject: host,
        state: is,
        stage,
        total: 1,
        done: is === 'succeeded' ? 1 : 0,
        failed: cannot ? [machine] : [],
        waiting: isUnderWay({ state: is }) ? [machine] : [],
        warnings: notes.map((note) => `${host}: ${note}`),
        times: row ? timesOfOrder(graph, row, isUnderWay({ state: is })) : timesOf(commit),
        stages: [],
        ...(cannot || is === 'cancelled' ? { problem: reason || stage } : {}),
      };
    },
  };
};

const timesOfOrder = (graph: ReadGraph, row: OrderRow, isOpen: boolean): Times => ({
  ended: isOpen ? null : row.since,
  begun: turnOf(row).begun,
  beginBy: turnOf(row).beginBy,
  queuedBehind: row.state === 'waiting' ? aheadOf(graph, row) : null,
});

const standingOf = (graph: ReadGraph, row: OrderRow): Standing => {
  const { state, detail, awaited } = row;
  const plain: Standing = { ...states[state], state, reason: detail };
  if (state === 'cancelled') return plain;
  if (state === 'failed' || (!awaited && state !== 'done')) return plain;
  if (!awaited) return detail === '' ? plain : { ...plain, warning: detail };
  // Where nobody knows what became of the order, a new start of the host tells.
  const isSent = state === 'done' || state === 'unknown';
  if (isAwaiting(row)) return { ...plain, ...awaitedStanding(graph, row, isSent) };
  if (!isSent) return plain;
  if (awaited.outcome === 'away')
    return { ...plain, is: 'failed', stage: 'the host is not back', ...awayOf(graph, row) };
  const notes = [
    ...(detail === '' ? [] : [detail]),
    ...(awaited.outcome === 'up' ? ['it was up already, and has not started anew'] : []),
    ...(state === 'unknown' ? ['nobody knows whether it was carried out; the host is up'] : []),
  ];
  return {
    ...plain,
    is: 'succeeded',
    stage: 'the host is up',
    ...(notes.length === 0 ? {} : { warning: notes.join('; ') }),
  };
};

/** What an agent has reported of a host; null: none ever has. */
const factsOf = (graph: ReadGraph, fqdn: string): HostFacts | null =>
  graph.get('host', fqdn)?.facts ?? null;

const awaitedStanding = (
  graph: ReadGraph,
  row: OrderRow,
  isSent: boolean,
): Partial<Standing> & Pick<Standing, 'is'> => {
  const { host, created, state } = row;
  const unheard = factsOf(graph, host)
    ? {}
    : { warning: 'no agent has reported from it yet; it is up when one does' };
  if (!isSent) return { is: state === 'waiting' ? 'queued' : 'running', ...unheard };
  const seen = graph.one('observes', host);
  const power = seen?.power && seen.changed >= created ? `, power ${seen.power.state}` : '';
  const sent = state === 'done' ? `carried out${power}` : `perhaps carried out${power}`;
  return { is: 'running', stage: `${sent}; the host is not up yet`, state: 'awaited', ...unheard };
};

/** Why a host that is not back is not. */
const awayOf = (
  graph: ReadGraph,
  { host: fqdn, state, awaited, detail }: OrderRow,
): Pick<Standing, 'state' | 'reason'> => {
  const facts = factsOf(graph, fqdn);
  const isUp = graph.get('host', fqdn)?.state === 'up';
  const why =
    facts === null
      ? 'no agent has ever reported from it'
      : isUp && facts.boot_id === awaited!.boot
        ? 'it is up, and has not started anew'
        : `its agent has not reported a new start`;
  const within = `${why} within ${awaited!.seconds} s`;
  if (state === 'done') return { state: 'away', reason: within };
  return { state, reason: detail === '' ? within : `${detail}; ${within}` };
};
