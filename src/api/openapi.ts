/** The frame of the OpenAPI document; paths and schemas come from the routes. */

import type { FastifyDynamicSwaggerOptions } from '@fastify/swagger';
import type { FastifySchema } from 'fastify';
import type { TSchema } from 'typebox';
import { DryRun, ProblemDetails } from '../contract/replies.ts';
import type { Access } from './auth.ts';

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
  transform: ({ schema, url, route }) => {
    if (!schema?.summary || schema.hide) return { schema: { ...schema, hide: true }, url };
    const access = route.config?.access ?? 'admin';
    return {
      schema: {
        ...schema,
        operationId: operationId(String(route.method), url),
        response: responses(schema, access),
        ...(access === 'public' ? { security: [] } : {}),
        'x-access': access,
      } as FastifySchema,
      url,
    };
  },
});

/** `GET /api/v1/processes/:fid/state` becomes `getProcessesFidState`. */
const operationId = (method: string, url: string): string =>
  url
    .replace('/api/v1', '')
    .split(/[^a-z]+/i)
    .filter((part) => part !== '')
    .reduce((id, part) => id + part[0]!.toUpperCase() + part.slice(1), method.toLowerCase());

const describedAs: Readonly<Record<string, string>> = {
  200: 'Done',
  201: 'Made and durable',
  202: 'Begun; `location` names where its progress is',
  304: 'What If-None-Match names is still current',
};

interface Answer {
  readonly content?: Readonly<Record<string, { readonly schema: TSchema }>>;
}

/** The answer of a route that writes other types than JSON. */
export const inFormats = (formats: Readonly<Record<string, TSchema>>): Answer => ({
  content: Object.fromEntries(Object.entries(formats).map(([type, schema]) => [type, { schema }])),
});

/** What a route answers, with what is the same for all: dry runs, repeated requests, errors. */
const responses = (schema: FastifySchema, access: Access): Record<string, unknown> => {
  const declared = schema.response as Record<string, Answer> | undefined;
  const described: Record<string, unknown> = {};
  for (const [status, answer] of Object.entries(declared ?? { 200: {} }))
    described[status] = {
      description: describedAs[status],
      ...(status === '304'
        ? {}
        : 'content' in answer
          ? answer
          : { content: { 'application/json': { schema: answer } } }),
    };
  const query = schema.querystring as { properties?: object } | undefined;
  if (query?.properties && 'dry_run' in query.properties) {
    const done = Object.values(declared ?? {})[0];
    described['200'] = {
      description: 'Done, or already so; with `dry_run`, what would be appended',
      content: { 'application/json': { schema: { anyOf: [done, DryRun] } } },
    };
  }
  if (access !== 'public')
    described['4XX'] = {
      description: 'Refused; docs/errors.md has the codes',
      content: { 'application/problem+json': { schema: ProblemDetails } },
    };
  return {
    ...described,
    '5XX': {
      description: 'Not possible at the moment; docs/errors.md has the codes',
      content: { 'application/problem+json': { schema: ProblemDetails } },
    },
  };
};
