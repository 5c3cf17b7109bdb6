/** Telling agents anew what they have to run. */

import type { FastifyInstance } from 'fastify';
import type { Station } from '../../station/station.ts';
import { ApiError } from '../errors.ts';
import { SyncBody } from '../schemas/bodies.ts';
import { Synced } from '../schemas/sync.ts';

export const syncRoutes = (app: FastifyInstance, station: Station): void => {
  app.post<{ Body: SyncBody }>(
    '/cluster/sync',
    {
      config: { access: 'operator' },
      schema: {
        summary: 'Tell agents once more what their hosts have to run',
        description:
          'All hosts that have a node, or those named. It changes nothing and is recorded nowhere.',
        tags: ['cluster'],
        body: SyncBody,
        response: { 200: Synced },
      },
    },
    async (request) => {
      const { graph } = station;
      const hosts = request.body.hosts ?? Array.from(graph.all('node'), ({ host }) => host).sort();
      for (const host of hosts)
        if (!graph.get('host', host))
          throw new ApiError('unknown-host', `there is no host ${host}`, { field: host });
      await station.settled();
      return station.dispatcher.sync(hosts);
    },
  );
};
