/** What was ordered of a machine waits for its turn, and is not wanted any more when it has waited for too long. */

import { endEvents } from '../procedures/advance.ts';
import { orderText } from '../values/obm.ts';
import { notBegunInTime } from '../values/queues.ts';
import { keptBack } from './deadline.ts';
import type { Deadline } from './deadline.ts';

export const queueExpiry: Deadline = {
  description: 'Something was ordered of a machine that waits for its turn.',
  isQuiet: false,
  eventsOf: (graph, due) =>
    due.flatMap(({ subject }) => {
      const procedure = graph.get('procedure', subject);
      if (procedure) return endEvents(graph, procedure, 'failed', notBegunInTime);
      const { host: fqdn, created: ordered } = graph.must('order', subject);
      const data = { fqdn, ordered, outcome: 'failed', detail: notBegunInTime } as const;
      return [{ type: 'ObmOrderEnded', data }];
    }),
  progressOf: (graph, subject) => {
    const [order, procedure] = [graph.get('order', subject), graph.get('procedure', subject)];
    const host = order?.host ?? procedure?.host;
    if (host === undefined) return keptBack();
    const what = order ? orderText(order.order) : procedure!.plan.kind;
    return { host, name: null, step: `${what}: waits for its turn` };
  },
};
