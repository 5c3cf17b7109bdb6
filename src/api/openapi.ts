/** The frame of the OpenAPI document; paths and schemas come from the routes. */

import type { FastifyDynamicSwaggerOptions } from '@fastify/swagger';
import { ProblemDetails } from './schemas/replies.ts';

export const openapi = (version: string): FastifyDynamicSwaggerOptions => ({
  openapi: {
    openapi: '3.1.0',
    info: {
      title: 'Halcyon',
      version,
      description:
        'The API of a Halcyon station. Errors are RFC 9457 problem details; `code` is stable. Lists page by ' +
        'cursor and say their revision. Reads take `at`, commands take `Idempotency-Key`, `If-Match` and `dry_run`.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    components: {
      securitySchemes: { token: { type: 'http', scheme: 'bearer' } },
    },
    security: [{ token: [] }],
    tags: [
      { name: 'cluster', description: 'The cluster as a whole' },
      { name: 'hosts', description: 'Machines' },
      { name: 'nodes', description: 'Hosts that are members of the cluster' },
      { name: 'processes', description: 'What runs on nodes' },
      { name: 'events', description: 'The log' },
      { name: 'station', description: 'The station itself' },
      { name: 'tokens', description: 'Access' },
    ],
  },
  transform: ({ schema, url }) => {
    if (!schema?.response || schema.hide) return { schema: schema ?? {}, url };
    const response = schema.response as Record<string, unknown>;
    return { schema: { ...schema, response: { ...response, '4XX': ProblemDetails } }, url };
  },
});
