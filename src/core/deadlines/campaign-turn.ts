/** The next machine of a campaign may have its turn. */

import { turnEvents } from '../procedures/campaign.ts';
import type { Deadline } from './deadline.ts';

export const campaignTurn: Deadline = {
  description: 'The next machine of a campaign has its turn.',
  isQuiet: false,
  // Two campaigns, or one and an order that ends now, may be about one machine.
  isFirst: true,
  eventsOf: (graph, due, { at }) => {
    const [first] = due;
    return first ? turnEvents(graph, graph.must('campaign', first.subject), at) : [];
  },
  progressOf: (graph, subject) => {
    const { machines, next } = graph.must('campaign', subject);
    return { host: machines[next]?.fqdn ?? null, name: null, step: `${subject}: its turn` };
  },
};
