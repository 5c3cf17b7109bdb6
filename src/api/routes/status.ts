/** The cluster at a glance. */

import type * as contract from '../../contract/status.ts';
import type { Station } from '../../station/station.ts';
import type { Handlers } from '../bind.ts';
import { ApiError } from '../errors.ts';
import { json, readLong } from '../reads.ts';
import { statusText } from '../views/status.ts';

export const statusHandlers = (station: Station): Handlers<typeof contract> => ({
  status: (request, reply) =>
    readLong(station, reply, request.query.at, json, (moment, graph) => {
      const { host, since, at } = request.query;
      if (since !== undefined && (at ?? host) !== undefined)
        throw new ApiError('invalid-request', 'since goes neither with at nor with host', {
          field: 'since',
        });
      if (host !== undefined && !moment.graph.get('host', host))
        throw new ApiError('unknown-host', `there is no host ${host}`, { field: 'host' });
      const changed = since === undefined ? null : station.changedHosts.after(since);
      return statusText(moment, graph, { ...request.query, changed });
    }),
});
