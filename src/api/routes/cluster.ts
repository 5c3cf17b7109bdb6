/** The cluster as a whole: its graph, what is wanted of it, and back to known ground. */

import type * as contract from '../../contract/cluster.ts';
import { dumpDot, dumpJson, dumpKeyValue } from '../../core/graph/dump.ts';
import type { Station } from '../../station/station.ts';
import type { Handlers } from '../bind.ts';
import { done, run } from '../commands.ts';
import { ApiError } from '../errors.ts';
import type { Actions } from '../actions.ts';
import { readLong } from '../reads.ts';

const graphFormats = {
  json: { dump: dumpJson, type: 'application/json' },
  dot: { dump: dumpDot, type: 'text/vnd.graphviz' },
  kv: { dump: dumpKeyValue, type: 'text/tab-separated-values' },
} as const;

export const clusterHandlers = (station: Station, actions: Actions): Handlers<typeof contract> => ({
  startCluster: (request, reply) =>
    actions.take(request, reply, { type: 'WantCluster', state: 'online' }),

  stopCluster: (request, reply) =>
    actions.take(request, reply, { type: 'WantCluster', state: 'offline' }),

  reset: (request, reply) =>
    run(station, request, reply, { type: 'ResetCluster', reason: request.body.reason }, done),

  sync: async (request) => {
    const { graph } = station;
    const hosts = request.body.hosts ?? Array.from(graph.all('node'), ({ host }) => host).sort();
    for (const host of hosts)
      if (!graph.get('host', host))
        throw new ApiError('unknown-host', `there is no host ${host}`, { field: host });
    await station.settled();
    return station.dispatcher.sync(hosts);
  },

  graph: (request, reply) => {
    const { dump, type } = graphFormats[request.query.format ?? 'json'];
    return readLong(station, reply, request.query.at, type, ({ graph }) => dump(graph));
  },
});
