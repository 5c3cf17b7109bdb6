/** Checks requests against their TypeBox schemas and says where the first mistake is. */

import type { FastifySchemaCompiler } from 'fastify';
import type { TSchema } from 'typebox';
import { Compile } from 'typebox/compile';
import { Value } from 'typebox/value';
import { ApiError } from './errors.ts';

/** `/roles/0/name` reads better as `roles[0].name`. */
const readable = (pointer: string): string =>
  pointer
    .slice(1)
    .split('/')
    .map((part) => (/^\d+$/.test(part) ? `[${part}]` : `.${part}`))
    .join('')
    .replace(/^\./, '');

const places: Record<string, string> = {
  body: 'body',
  querystring: 'query',
  params: 'path',
  headers: 'header',
};

/**
 * Bodies are taken as they are; queries and paths are text, so numbers and booleans in them are
 * converted.
 */
export const validatorCompiler: FastifySchemaCompiler<TSchema> = ({
  schema,
  httpPart = 'body',
}) => {
  const known = validators.get(schema) ?? {};
  validators.set(schema, known);
  return (known[httpPart] ??= validatorOf(schema, httpPart));
};

type Validate = (data: unknown) => { readonly value: unknown } | { readonly error: Error };

/** One schema has one, whichever server of this process asks. */
const validators = new WeakMap<TSchema, Record<string, Validate>>();

const validatorOf = (schema: TSchema, httpPart: string): Validate => {
  // Compiled when it is first asked for, not at every start for all endpoints.
  let compiled: ReturnType<typeof Compile> | undefined;
  const isText = httpPart !== 'body';
  return (data: unknown) => {
    const validator = (compiled ??= Compile(schema));
    // Most queries and paths hold text only, which is right as it is.
    if (validator.Check(data)) return { value: data };
    const value: unknown = isText ? Value.Convert(schema, data) : data;
    if (isText && validator.Check(value)) return { value };
    const first = firstOf(validator.Errors(value));
    const place = places[httpPart] ?? 'body';
    const path = readable(first?.instancePath ?? '');
    const { names, what } = mistake(first);
    const field = [path, names[0]].filter(Boolean).join('.');
    const where = path === '' ? `the ${place}` : `${place} ${path}`;
    return { error: new ApiError('invalid-request', `${where} ${what}`, { field }) };
  };
};

/** Fields that there are not come first, each by itself, and then all of them at once. */
const firstOf = (errors: readonly Mistake[]): Mistake | undefined =>
  errors[0]?.keyword === 'boolean'
    ? (errors.find(({ keyword }) => keyword === 'additionalProperties') ?? errors[0])
    : errors[0];

/** Of fields that there are not. */
const namedMax = 8;

interface Mistake {
  readonly keyword: string;
  readonly instancePath: string;
  readonly message: string;
  readonly params: object;
}

/** Most reads take the moment that they are to tell of; what does not stands on more than the log. */
const aboutNow = (names: readonly string[]): string =>
  names.includes('at') ? ': the answer is about now only' : '';

/** What is wrong, and the fields it is about. */
const mistake = (error: Mistake | undefined): { names: readonly string[]; what: string } => {
  const { additionalProperties: extra, requiredProperties: missing } = (error?.params ?? {}) as {
    additionalProperties?: string[];
    requiredProperties?: string[];
  };
  if (extra) {
    const names = extra.slice(0, namedMax);
    return { names, what: `does not know the field ${names.join(', ')}${aboutNow(names)}` };
  }
  if (missing) return { names: missing, what: `lacks the field ${missing.join(', ')}` };
  return { names: [], what: error?.message ?? 'is wrong' };
};
