/** A host is awaited after an order to its OBM, and it is to be said whether it is up. */

import { isAwaiting } from '../graph/rows/obms.ts';
import { varOf } from '../graph/vars.ts';
import { orderText } from '../values/obm.ts';
import { keptBack } from './deadline.ts';
import type { Deadline } from './deadline.ts';

export const hostReturn: Deadline = {
  description: 'A host was ordered to start, and its agent is waited for.',
  isQuiet: false,
  eventsOf: (graph, due, { at, away, isNew }) =>
    due.map(({ subject }) => {
      const { host: fqdn, created: ordered, order, awaited } = graph.must('order', subject);
      const { until } = awaited!;
      const isOn = order.kind === 'power' && order.action === 'on';
      const isUp = graph.must('host', fqdn).state === 'up' && !away.has(fqdn);
      const prolonged = (to: number) =>
        ({ type: 'HostAwaitProlonged', data: { fqdn, ordered, until: to } }) as const;
      // A station that has just begun may not have heard of it yet.
      if (isNew) return prolonged(at + varOf(graph, 'keepalive_timeout') * 1000);
      if (isOn && isUp) return { type: 'HostAwaitEnded', data: { fqdn, ordered, outcome: 'up' } };
      if (until !== null && at < until) return prolonged(until);
      return { type: 'HostAwaitEnded', data: { fqdn, ordered, outcome: 'away' } };
    }),
  progressOf: (graph, subject) => {
    const row = graph.get('order', subject);
    if (!row || !isAwaiting(row)) return keptBack();
    return { host: row.host, name: null, step: `${orderText(row.order)}: not up yet` };
  },
};
