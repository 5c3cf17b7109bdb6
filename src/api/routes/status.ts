/** The cluster at a glance. */

import type * as contract from '../../contract/status.ts';
import type { Graph } from '../../core/graph/graph.ts';
import type { HostRow } from '../../core/graph/rows/hosts.ts';
import type { Station } from '../../station/station.ts';
import type { Handlers } from '../bind.ts';
import { ApiError } from '../errors.ts';
import { json, readLong } from '../reads.ts';
import { machinesSeen } from '../sight.ts';
import { statusText } from '../views/status.ts';

export const statusHandlers = (station: Station): Handlers<typeof contract> => ({
  status: (request, reply) =>
    readLong(station, reply, request.query.at, json, (moment, graph) => {
      const { host, since, at } = request.query;
      if (since !== undefined && (at ?? host) !== undefined)
        throw new ApiError('invalid-request', 'since goes neither with at nor with host', {
          field: 'since',
        });
      const seen = machinesSeen(station, request, graph);
      if (host !== undefined && !isThere(graph, seen, host))
        throw new ApiError('unknown-host', `there is no host ${host}`, { field: 'host' });
      // What a member may see changes by itself, and names of those that are gone are not for it.
      const changed = since === undefined || seen ? null : station.changedHosts.after(since);
      return statusText(moment, graph, { ...request.query, changed, seen });
    }),
});

const isThere = (graph: Graph, seen: readonly HostRow[] | undefined, host: string): boolean =>
  seen ? seen.some(({ fqdn }) => fqdn === host) : graph.get('host', host) !== undefined;
