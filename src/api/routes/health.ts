/** Liveness, readiness, metrics, and who the caller is. */

import type { FastifyInstance } from 'fastify';
import { Type } from 'typebox';
import { Health, Readiness, Token } from '../../contract/replies.ts';
import type { Station } from '../../station/station.ts';
import { metricsOf } from '../metrics.ts';
import { inFormats } from '../openapi.ts';
import { tokenView } from '../views/tokens.ts';

export const healthRoutes = (app: FastifyInstance, station: Station): void => {
  app.get(
    '/healthz',
    {
      config: { access: 'public' },
      schema: { summary: 'Whether the station runs', tags: ['station'], response: { 200: Health } },
    },
    () => ({ ok: true }),
  );

  app.get(
    '/readyz',
    {
      config: { access: 'public' },
      schema: {
        summary: 'Whether the files are in place and everything decided so far is durable',
        tags: ['station'],
        response: { 200: Readiness },
      },
    },
    async () => {
      station.premises.mustBeInPlace();
      await station.settled();
      return { ok: true, revision: station.head };
    },
  );

  const metrics = metricsOf(station);
  app.get(
    '/metrics',
    {
      config: { access: 'viewer' },
      schema: {
        summary: 'Metrics for Prometheus',
        tags: ['station'],
        response: { 200: inFormats({ 'text/plain': Type.String() }) },
      },
    },
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
