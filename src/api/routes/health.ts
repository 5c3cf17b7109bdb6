/** Liveness, readiness, metrics, and who the caller is. */

import type { FastifyInstance } from 'fastify';
import type { Station } from '../../station/station.ts';
import { metricsOf } from '../metrics.ts';
import { Token } from '../schemas/replies.ts';
import { tokenView } from '../views/tokens.ts';

export const healthRoutes = (app: FastifyInstance, station: Station): void => {
  app.get('/healthz', { config: { access: 'public' }, schema: { hide: true } }, () => ({
    ok: true,
  }));

  app.get('/readyz', { config: { access: 'public' }, schema: { hide: true } }, async () => {
    await station.settled();
    return { ok: true, revision: station.head };
  });

  const metrics = metricsOf(station);
  app.get(
    '/metrics',
    { config: { access: 'viewer' }, schema: { hide: true } },
    async (_request, reply) => {
      reply.type(metrics.contentType);
      return metrics.metrics();
    },
  );

  app.get(
    '/api/v1/whoami',
    {
      config: { access: 'any' },
      schema: {
        summary: 'What the token is and allows',
        tags: ['tokens'],
        response: { 200: Token },
      },
    },
    (request) => tokenView(request.credential!),
  );
};
