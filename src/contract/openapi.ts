/**
 * The contract as an OpenAPI document. What has a name in the contract has it there: schemas, the parameters that many
 * endpoints share, the two kinds of refusal.
 */

import type { TSchema } from 'typebox';
import { endpoints, schemas } from './catalogue.ts';
import { tags } from './endpoint.ts';
import type { Endpoint } from './endpoint.ts';
import { DryRun } from './outcome.ts';
import { shared, sharedHeaders } from './parameters.ts';
import { ProblemDetails } from './problem.ts';

type Json = Readonly<Record<string, unknown>>;

const ref = (section: string, name: string): Json => ({ $ref: `#/components/${section}/${name}` });

/** What tells most schemas apart without writing out what is in them. */
const outlineOf = (schema: object): string => {
  const { description } = schema as { readonly description?: unknown };
  return `${Object.keys(schema).join()} ${String(description)}`;
};

/** Names by what bears them, as text: a schema that is optional somewhere is another object there. */
class Names {
  readonly #names: ReadonlyMap<string, string>;
  readonly #outlines: ReadonlySet<string>;

  constructor(named: Readonly<Record<string, TSchema>>) {
    const all = Object.entries(named);
    this.#names = new Map(all.map(([name, schema]) => [JSON.stringify(schema), name]));
    this.#outlines = new Set(all.map(([, schema]) => outlineOf(schema)));
  }

  of(value: unknown): string | undefined {
    if (typeof value !== 'object' || value === null) return undefined;
    if (!this.#outlines.has(outlineOf(value))) return undefined;
    return this.#names.get(JSON.stringify(value));
  }
}

const schemaNames = new Names(schemas);
const parameterNames = new Names({ ...shared, ...sharedHeaders });

/** A copy in which what has a name is referred to by it. */
const referring = (value: unknown): unknown => {
  const name = schemaNames.of(value);
  return name === undefined ? copied(value) : ref('schemas', name);
};

const copied = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(referring);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, referring(one)]));
};

type Place = 'path' | 'query' | 'header';

/** A parameter; its description stands beside its schema, not in it. */
const parameter = (place: Place, name: string, schema: TSchema): Json => {
  const { description, ...rest } = schema as TSchema & { readonly description?: string };
  const known = schemaNames.of(schema);
  return {
    name,
    in: place,
    ...(place === 'path' ? { required: true } : {}),
    ...(description === undefined ? {} : { description }),
    schema: known === undefined ? copied(rest) : ref('schemas', known),
  };
};

const parametersOf = ({ params, query, headers }: Endpoint): Json[] => {
  const those = (place: Place, properties: Readonly<Record<string, TSchema>>): Json[] =>
    Object.entries(properties).map(([name, schema]) => {
      const known = parameterNames.of(schema);
      return known === undefined ? parameter(place, name, schema) : ref('parameters', known);
    });
  return [...those('path', params), ...those('query', query), ...those('header', headers)];
};

const contentOf = (content: Readonly<Record<string, unknown>>): Json =>
  Object.fromEntries(
    Object.entries(content).map(([type, schema]) => [type, { schema: referring(schema) }]),
  );

const responsesOf = (endpoint: Endpoint): Json => {
  const { kind, reply, content = { 'application/json': reply }, access } = endpoint;
  const dry = { anyOf: [reply, endpoint.plan ?? DryRun] };
  const isCommand = kind === 'command' || kind === 'action';
  const done = isCommand
    ? {
        description: 'Done, or already so; with `dry_run`, what would be appended',
        content: contentOf({ 'application/json': dry }),
      }
    : { description: 'Done', content: contentOf(content) };
  return {
    ...(endpoint.seeOther
      ? { 303: { description: 'It is elsewhere, once: `Location` names where' } }
      : { 200: done }),
    ...(endpoint.creates
      ? { 201: { description: 'Made and durable', content: contentOf(content) } }
      : {}),
    ...(kind === 'action' || endpoint.begins
      ? {
          202: {
            description: 'Begun; `Location` names where its progress is',
            headers: { Location: ref('headers', 'Location') },
            content: contentOf(content),
          },
        }
      : {}),
    ...(endpoint.tagged
      ? { 304: { description: 'What If-None-Match names is still current' } }
      : {}),
    ...(access === 'public' && endpoint.kind !== 'tell'
      ? {}
      : { '4XX': ref('responses', 'Refused') }),
    '5XX': ref('responses', 'Failed'),
  };
};

const operationOf = (name: string, endpoint: Endpoint): Json => {
  const { summary, description, tag, access, body } = endpoint;
  const parameters = parametersOf(endpoint);
  return {
    operationId: name,
    summary,
    ...(description === undefined ? {} : { description }),
    tags: [tag],
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(body
      ? {
          requestBody: {
            required: !endpoint.bodyOptional,
            content: contentOf({ 'application/json': body }),
          },
        }
      : {}),
    responses: responsesOf(endpoint),
    ...(access === 'public' ? { security: [] } : {}),
    'x-access': access,
  };
};

const methods = ['GET', 'POST', 'PUT', 'DELETE'];

/** Operations by path and method, in the order of both. */
const pathsOf = (all: Readonly<Record<string, Endpoint>>): Json => {
  const paths: Record<string, Record<string, Json>> = {};
  const inOrder = Object.entries(all).sort(
    ([, a], [, b]) =>
      (a.path < b.path ? -1 : a.path > b.path ? 1 : 0) ||
      methods.indexOf(a.method) - methods.indexOf(b.method),
  );
  for (const [name, endpoint] of inOrder) {
    const path = endpoint.path.replaceAll(/:(\w+)/g, '{$1}');
    (paths[path] ??= {})[endpoint.method.toLowerCase()] = operationOf(name, endpoint);
  }
  return paths;
};

const problem = (description: string): Json => ({
  description: `${description}; docs/errors.md has the codes`,
  content: contentOf({ 'application/problem+json': ProblemDetails }),
});

const inPlace = (place: Place, properties: Readonly<Record<string, TSchema>>): [string, Json][] =>
  Object.entries(properties).map(([name, schema]) => [name, parameter(place, name, schema)]);

/** @param version of the software */
export const openapi = (version: string): Json => ({
  openapi: '3.1.0',
  info: {
    title: 'Halcyon',
    version,
    description:
      'The API of a Halcyon station. Errors are RFC 9457 problem details; `code` is stable. Lists page by ' +
      'cursor and say their revision. Reads take `at`, commands take `Idempotency-Key`, `If-Match` and `dry_run`.',
    license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
  },
  security: [{ token: [] }],
  tags: Object.entries(tags).map(([name, description]) => ({ name, description })),
  paths: pathsOf(endpoints),
  components: {
    securitySchemes: { token: { type: 'http', scheme: 'bearer' } },
    parameters: Object.fromEntries([
      ...inPlace('query', shared),
      ...inPlace('header', sharedHeaders),
    ]),
    headers: {
      Location: {
        description: 'Where the progress of the operation is.',
        schema: { type: 'string' },
      },
    },
    responses: {
      Refused: problem('Refused'),
      Failed: problem('Not possible at the moment'),
    },
    schemas: Object.fromEntries(
      Object.entries(schemas)
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([name, schema]) => [name, copied(schema)]),
    ),
  },
});
