/** Back to known ground: a reset of the cluster, and telling agents anew what they have to run. */

import type { FastifyInstance } from 'fastify';
import { ResetBody, SyncBody } from '../../contract/bodies.ts';
import { Done } from '../../contract/replies.ts';
import { Synced } from '../../contract/sync.ts';
import type { Station } from '../../station/station.ts';
import { CommandHeaders, CommandQuery, done, run } from '../commands.ts';
import { ApiError } from '../errors.ts';

export const syncRoutes = (app: FastifyInstance, station: Station): void => {
  app.post<{ Body: ResetBody }>(
    '/cluster/reset',
    {
      config: { access: 'admin' },
      schema: {
        summary: 'Forget what is wanted and what has failed',
        description:
          'What runs goes on; nothing is started or restarted until somebody wants it. Recorded with who did it and why.',
        tags: ['cluster'],
        body: ResetBody,
        querystring: CommandQuery,
        headers: CommandHeaders,
        response: { 200: Done },
      },
    },
    (request, reply) =>
      run(station, request, reply, { type: 'ResetCluster', reason: request.body.reason }, done),
  );

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
