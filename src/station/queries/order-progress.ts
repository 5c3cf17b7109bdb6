/** How far an order to an OBM is. */

import type { Commit } from '../../core/events/commit.ts';
import { eventsOfType } from '../../core/events/reading.ts';
import { orderId } from '../../core/graph/rows/obms.ts';
import type { OrderRow } from '../../core/graph/rows/obms.ts';
import { orderText } from '../../core/values/obm.ts';
import type { ObmOrder } from '../../core/values/obm.ts';
import type { Operation, OperationState, Progress } from './operation.ts';
import type { Straggler } from './stragglers.ts';

const kindOf = (order: ObmOrder): Operation['kind'] =>
  order.kind === 'power' ? `power-${order.action}` : order.kind;

const states: { readonly [S in OrderRow['state']]: OperationState } = {
  waiting: 'running',
  begun: 'running',
  done: 'succeeded',
  failed: 'failed',
  unknown: 'failed',
};

const stages: { readonly [S in OrderRow['state']]: string } = {
  waiting: 'waits for its turn',
  begun: 'sent',
  done: 'carried out',
  failed: 'not carried out',
  unknown: 'nobody knows',
};

/** One that is too old to be remembered is not said to have succeeded. */
const forgotten = {
  state: 'unknown',
  detail: 'what became of it is not remembered any more; the events of the machine tell',
} as const;

/** The order of a commit; null: it is none. */
export const orderIn = (commit: Commit): Progress | null => {
  const [ordered] = eventsOfType(commit, 'ObmOrdered');
  if (!ordered) return null;
  const { fqdn, order } = ordered.data;
  return {
    subject: fqdn,
    *look(graph) {
      yield;
      const row = graph.get('order', orderId(commit.revision, fqdn));
      const { state, detail } = row ?? forgotten;
      const machine: Straggler = {
        fid: null,
        host: row?.host ?? fqdn,
        name: orderText(order),
        state,
        reason: detail,
      };
      const is = states[state];
      return {
        kind: kindOf(order),
        subject: machine.host,
        state: is,
        stage: stages[state],
        total: 1,
        done: is === 'succeeded' ? 1 : 0,
        failed: is === 'failed' ? [machine] : [],
        waiting: is === 'running' ? [machine] : [],
        warnings: is === 'succeeded' && detail !== '' ? [`${machine.host}: ${detail}`] : [],
      };
    },
  };
};
