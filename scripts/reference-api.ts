/** Writes docs/reference/openapi.json and api.md from the contract, and limits.md from the limits. */

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { version } from '../src/api/server.ts';
import { openapi } from '../src/contract/openapi.ts';
import { limitsReference } from './reference-limits.ts';

export const referenceFolder = join(import.meta.dirname, '..', 'docs', 'reference');

interface Schema {
  readonly type?: string;
  readonly enum?: readonly string[];
  readonly const?: string | number | boolean;
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
  readonly allOf?: readonly Schema[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly additionalProperties?: Schema | boolean;
}

interface Parameter {
  readonly name: string;
  readonly in: 'query' | 'path' | 'header';
  readonly description?: string;
  readonly schema: Schema;
}

type Content = Readonly<Record<string, { readonly schema: Schema }>>;

export interface Operation {
  readonly operationId: string;
  readonly summary: string;
  readonly description?: string;
  readonly tags: readonly string[];
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly content: Content };
  readonly responses: Readonly<
    Record<string, { readonly description: string; readonly content?: Content }>
  >;
  readonly 'x-access': string;
}

export interface Document {
  readonly info: { readonly version: string };
  readonly tags: readonly { readonly name: string; readonly description: string }[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
}

/** What a reference of the document refers to; itself, where it is none. */
const target = (document: unknown, value: unknown): unknown => {
  const ref = (value as { readonly $ref?: unknown } | null)?.$ref;
  if (typeof ref !== 'string') return value;
  const found = ref
    .split('/')
    .slice(1)
    .reduce<unknown>((at, part) => (at as Record<string, unknown> | undefined)?.[part], document);
  if (found === undefined) throw new Error(`${ref} is not in the document`);
  return found;
};

/** A value with all that it refers to in its place. */
const resolved = (document: unknown, value: unknown): unknown => {
  const meant = target(document, value);
  if (Array.isArray(meant)) return meant.map((one) => resolved(document, one));
  if (typeof meant !== 'object' || meant === null) return meant;
  return Object.fromEntries(
    Object.entries(meant).map(([name, one]) => [name, resolved(document, one)]),
  );
};

/** The OpenAPI document, with everything that it refers to in its place. */
export const openapiDocument = async (): Promise<Document> => {
  const document = openapi(version);
  return resolved(document, document) as Document;
};

/** A schema in a few words. */
const typeOf = (schema: Schema): string => {
  if (schema.enum) return schema.enum.map((value) => `\`${value}\``).join(' or ');
  if (schema.const !== undefined) return `\`${String(schema.const)}\``;
  if (schema.anyOf) return [...new Set(schema.anyOf.map(typeOf))].join(' or ');
  if (schema.allOf) return 'object';
  if (schema.type === 'array') return `list of ${typeOf(schema.items ?? {})}`;
  const { minimum, maximum } = schema;
  const from = minimum === undefined ? '' : ` from ${minimum}`;
  const to = maximum === undefined ? '' : ` to ${maximum}`;
  return `${schema.type ?? 'anything'}${from}${to}`;
};

/** The fields of an object, of all parts where it has several. */
const fieldsOf = (schema: Schema): [string, Schema, boolean][] =>
  schema.allOf
    ? schema.allOf.flatMap(fieldsOf)
    : Object.entries(schema.properties ?? {}).map(([name, field]) => [
        name,
        field,
        schema.required?.includes(name) ?? false,
      ]);

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ');

const row = (name: string, schema: Schema, notes: readonly string[]): string => {
  const about = [...notes, schema.description ?? ''].filter((text) => text !== '').join('; ');
  return `| \`${name}\` | ${cell(typeOf(schema))} | ${cell(about)} |`;
};

/** Fields of an object, and of the objects in it. */
const fieldRows = (schema: Schema, isBody: boolean, prefix = ''): string[] =>
  fieldsOf(schema).flatMap(([name, field, isRequired]) => {
    const path = `${prefix}${name}`;
    const notes =
      isBody && isRequired ? ['required'] : !isBody && !isRequired ? ['may be absent'] : [];
    const inner = field.type === 'array' ? field.items : field;
    const within = field.type === 'array' ? `${path}[].` : `${path}.`;
    const nested =
      inner && (inner.properties || inner.allOf) ? fieldRows(inner, isBody, within) : [];
    return [row(path, field, notes), ...nested];
  });

/** Headers and queries that every command or read has are described once. */
const common = new Set(['dry_run', 'idempotency-key', 'if-match', 'at']);

const accessWords: Readonly<Record<string, string>> = {
  public: 'nobody in particular: no token is needed',
  any: 'any valid token',
  agent: 'agent, admin',
  'own-or-viewer': 'viewer or above, and the token of the process itself',
  'own-or-operator': 'operator, admin, and the token of the process itself',
  viewer: 'viewer, operator, admin',
  operator: 'operator, admin',
  admin: 'admin',
};

const accessOf = (operation: Operation): string => accessWords[operation['x-access']]!;

const replySection = (operation: Operation): string[] => {
  const [[status, reply] = ['200', undefined]] = Object.entries(operation.responses)
    .filter(([code]) => code.startsWith('2'))
    .toReversed();
  const types = Object.entries(reply?.content ?? {});
  const schema = types.find(([type]) => type === 'application/json')?.[1].schema;
  const done = schema?.anyOf?.[0] ?? schema;
  const others = types
    .filter(([type]) => type !== 'application/json')
    .map(([type]) => `\`${type}\``);
  const rows = done ? fieldRows(done, false) : [];
  return [
    '',
    `Answers ${status}${others.length === 0 ? '' : `, also as ${others.join(', ')}`}${rows.length === 0 ? '.' : ':'}`,
    ...(rows.length === 0 ? [] : ['', '| field | type | |', '| --- | --- | --- |', ...rows]),
  ];
};

const sectionOf = (method: string, path: string, operation: Operation): string[] => {
  const parameters = operation.parameters ?? [];
  const isCommand = parameters.some(({ name }) => name === 'dry_run');
  const own = parameters.filter(({ name }) => !common.has(name));
  const takes = [
    ...(isCommand ? ['`dry_run`'] : []),
    ...(parameters.some(({ name }) => name === 'idempotency-key') ? ['`Idempotency-Key`'] : []),
    ...(parameters.some(({ name }) => name === 'if-match') ? ['`If-Match`'] : []),
    ...(parameters.some(({ name }) => name === 'at') ? ['`at`'] : []),
  ];
  const body = operation.requestBody?.content['application/json']?.schema;
  return [
    '',
    `### ${method.toUpperCase()} ${path}`,
    '',
    `${operation.summary}. ${operation.description ?? ''}`.trim(),
    '',
    `For: ${accessOf(operation)}.${takes.length === 0 ? '' : ` Takes ${takes.join(', ')}.`}`,
    ...(own.length === 0
      ? []
      : [
          '',
          '| parameter | type | |',
          '| --- | --- | --- |',
          ...own.map((one) =>
            row(one.name, { ...one.schema, description: one.description ?? '' }, [
              `in the ${one.in}`,
            ]),
          ),
        ]),
    ...(body ? ['', '| body | type | |', '| --- | --- | --- |', ...fieldRows(body, true)] : []),
    ...replySection(operation),
  ];
};

/** The reference of the API as Markdown. */
export const apiReference = ({ tags, paths }: Document): string => {
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ method, path, operation })),
  );
  return [
    '# The API',
    '',
    'Generated by `scripts/reference-api.ts` from the contract; `openapi.json` beside it is the same for programs, and',
    'a station serves its own at `/api/v1/openapi.json`.',
    '',
    'Requests carry `Authorization: Bearer <token>`; bodies are JSON. Fields and query parameters that are not known are refused.',
    'Errors are problem details (RFC 9457) with a stable `code`; [errors.md](../errors.md) has them all. [limits.md](limits.md)',
    'says how large and how many.',
    '',
    '* **Commands** take `Idempotency-Key` (a second request with the same key gets the answer of the first, for 24 hours or for',
    '  as many keys as [limits.md](limits.md) says, for 10 minutes in any case). What may be repeated as it is takes none. They take',
    '  `If-Match: "<revision>"` (refused with 412 where the cluster has another) and `dry_run=true` (answers 200 with the events',
    '  that would be appended and appends nothing). They answer when what they did is durable. 200 instead of 201: it was so already.',
    '* **Reads** take `at`, a revision, a time in ms since the epoch or an ISO 8601 time: the cluster as it was. The header',
    '  `Halcyon-Revision` says which revision was read.',
    '* **Lists** answer `{revision, items, next}`; `next` is the `cursor` of the next page, null on the last one.',
    '',
    'Agents connect by WebSocket to `/api/v1/agent`, with a token of the role agent.',
    ...tags.flatMap(({ name, description }) => {
      const own = operations.filter(({ operation }) => operation.tags.includes(name));
      return [
        '',
        `## ${description}`,
        ...own.flatMap(({ method, path, operation }) => sectionOf(method, path, operation)),
      ];
    }),
    '',
  ].join('\n');
};

/** Everything this writes, by file name. */
export const apiFiles = async (): Promise<Readonly<Record<string, string>>> => {
  const document = await openapiDocument();
  return {
    'openapi.json': `${JSON.stringify(openapi(version), null, 1)}\n`,
    'api.md': apiReference(document),
    'limits.md': limitsReference(),
  };
};

if (import.meta.main) {
  mkdirSync(referenceFolder, { recursive: true });
  for (const [name, text] of Object.entries(await apiFiles()))
    writeFileSync(join(referenceFolder, name), text);
}
