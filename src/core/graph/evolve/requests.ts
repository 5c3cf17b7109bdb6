/** What the events of remembered requests change in the graph. */

import type { requestEvents } from '../../events/requests.ts';
import type { Evolvers } from '../changes.ts';
import { forgetRequest } from '../remembering.ts';

export const requestEvolvers: Evolvers<typeof requestEvents> = {
  // One that gave way to a newer one is not there any more.
  RequestsForgotten: (graph, { ids }) => {
    for (const id of ids) if (graph.get('request', id)) forgetRequest(graph, id);
  },
};
