/**
 * Checks a value against a TypeBox schema and says everything that is wrong in the words of a facts
 * file.
 *
 * It understands the part of JSON Schema that the file schemas use. Of a union it picks the member
 * whose kind the value has and reports that member's problems, which general validators cannot know
 * to do.
 */

import type { TSchema } from 'typebox';
import { didYouMean } from './problem.ts';
import type { Path } from './problem.ts';

/** One finding. `at: 'key'` points to the key of the last step of the path instead of the value. */
export interface Finding {
  readonly path: Path;
  readonly at: 'key' | 'value';
  readonly kind: 'unknown-key' | 'other';
  readonly message: string;
  readonly expected?: string;
}

/** The keywords of JSON Schema that are checked. */
interface Schema {
  readonly type?: 'object' | 'array' | 'string' | 'integer' | 'number' | 'boolean' | 'null';
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly patternProperties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | Schema;
  readonly items?: Schema;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly pattern?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly Schema[];
  readonly description?: string;
  /** What a value of this schema is called in messages, for example `a size such as 16GiB`. */
  readonly expected?: string;
}

const kindOf = (value: unknown): string => {
  if (value === null || value === undefined) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a map';
  if (typeof value === 'boolean') return 'true or false';
  return typeof value === 'number' ? 'a number' : 'text';
};

const nouns: Readonly<Record<string, string>> = {
  object: 'a map',
  array: 'a list',
  string: 'text',
  integer: 'a whole number',
  number: 'a number',
  boolean: 'true or false',
  null: 'nothing',
};

const describe = (schema: Schema): string => {
  if (schema.expected !== undefined) return schema.expected;
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(', ');
  if (schema.anyOf) return [...new Set(schema.anyOf.map(describe))].join(' or ');
  return nouns[schema.type ?? ''] ?? 'something else';
};

const isKind = (schema: Schema, value: unknown): boolean => {
  switch (schema.type) {
    case 'object':
      return kindOf(value) === 'a map';
    case 'array':
      return Array.isArray(value);
    case 'integer':
    case 'number':
      return typeof value === 'number';
    case 'null':
      return value === null;
    case undefined:
      return true;
    default:
      return typeof value === schema.type;
  }
};

const other = (path: Path, message: string, expected?: string): Finding => ({
  path,
  at: 'value',
  kind: 'other',
  message,
  ...(expected === undefined ? {} : { expected }),
});

const checkNumber = (schema: Schema, value: number, path: Path): readonly Finding[] => {
  const { minimum = -Infinity, maximum = Infinity } = schema;
  const whole = schema.type !== 'integer' || Number.isInteger(value);
  if (whole && value >= minimum && value <= maximum) return [];
  const noun = nouns[schema.type ?? 'number']!;
  const bounds =
    maximum === Infinity
      ? minimum === -Infinity
        ? ''
        : ` of at least ${minimum}`
      : ` of ${minimum} to ${maximum}`;
  const expected = schema.expected ?? noun + bounds;
  return [other(path, `Expected ${expected}, found ${value}.`, expected)];
};

const checkText = (schema: Schema, value: string, path: Path): readonly Finding[] => {
  const { minLength = 0, maxLength = Infinity, pattern } = schema;
  if (value.length < minLength) return [other(path, 'Must not be empty.', 'text')];
  if (value.length > maxLength) {
    const expected = `at most ${maxLength} characters`;
    return [other(path, `Expected ${expected}, found ${value.length}.`, expected)];
  }
  if (pattern === undefined || new RegExp(pattern).test(value)) return [];
  const expected = schema.expected ?? `text like ${pattern}`;
  return [other(path, `Expected ${expected}, found ${JSON.stringify(value)}.`, expected)];
};

const checkList = (schema: Schema, value: readonly unknown[], path: Path): readonly Finding[] => {
  const { minItems = 0, maxItems = Infinity, items } = schema;
  const findings: Finding[] = [];
  if (value.length < minItems || value.length > maxItems) {
    const expected =
      maxItems === minItems
        ? `exactly ${minItems} entries`
        : maxItems === Infinity
          ? `at least ${minItems} ${minItems === 1 ? 'entry' : 'entries'}`
          : `${minItems} to ${maxItems} entries`;
    findings.push(other(path, `Expected ${expected}, found ${value.length}.`, expected));
  }
  if (items) value.forEach((item, i) => findings.push(...findingsOf(items, item, [...path, i])));
  return findings;
};

const checkMap = (
  schema: Schema,
  value: Readonly<Record<string, unknown>>,
  path: Path,
): readonly Finding[] => {
  const properties = schema.properties ?? {};
  const findings: Finding[] = [];
  for (const key of schema.required ?? []) {
    if (Object.hasOwn(value, key)) continue;
    const noun = describe(properties[key] ?? {});
    const expected = noun === 'something else' ? `"${key}"` : `"${key}": ${noun}`;
    findings.push(other(path, `"${key}" is missing.`, expected));
  }
  for (const [key, child] of Object.entries(value)) {
    const at = [...path, key];
    const matching = Object.entries(schema.patternProperties ?? {}).find(([pattern]) =>
      new RegExp(pattern).test(key),
    )?.[1];
    const known = Object.hasOwn(properties, key) ? properties[key] : matching;
    if (known) findings.push(...findingsOf(known, child, at));
    else if (typeof schema.additionalProperties === 'object') {
      findings.push(...findingsOf(schema.additionalProperties, child, at));
    } else if (schema.additionalProperties === false) {
      const names = Object.keys(properties);
      findings.push({
        path: at,
        at: 'key',
        kind: 'unknown-key',
        message:
          names.length === 0 && schema.expected !== undefined
            ? `${JSON.stringify(key)} is not ${schema.expected}.`
            : `Unknown key ${JSON.stringify(key)}.${didYouMean(key, names)}`,
        expected:
          names.length > 0 ? `one of ${names.join(', ')}` : (schema.expected ?? 'a legal name'),
      });
    }
  }
  return findings;
};

const checkUnion = (
  schema: Schema,
  members: readonly Schema[],
  value: unknown,
  path: Path,
): readonly Finding[] => {
  const attempts = members
    .filter((member) => member.anyOf !== undefined || isKind(member, value))
    .map((member) => findingsOf(member, value, path));
  if (attempts.some((findings) => findings.length === 0)) return [];
  if (attempts.length === 1) return attempts[0]!;
  const expected = describe(schema);
  const found = typeof value === 'string' ? JSON.stringify(value) : kindOf(value);
  const near = typeof value === 'string' ? didYouMean(value, constants(members)) : '';
  return [other(path, `Expected ${expected}, found ${found}.${near}`, expected)];
};

const constants = (members: readonly Schema[]): readonly string[] =>
  members.flatMap(({ const: constant }) => (typeof constant === 'string' ? [constant] : []));

/** What helps where a value has the wrong kind. */
const hintFor = ({ type }: Schema, value: unknown): string => {
  if (type === 'string' && typeof value === 'number') return ' Quote it.';
  const needsNumber = type === 'integer' || type === 'number';
  if (!needsNumber || typeof value !== 'string' || !/^[-+.]*\d/.test(value)) return '';
  return ' Write it plainly, as 4096: without sign, exponent, prefix or needless zeros.';
};

const findingsOf = (schema: Schema, value: unknown, path: Path): readonly Finding[] => {
  if (schema.anyOf) return checkUnion(schema, schema.anyOf, value, path);
  if (!isKind(schema, value)) {
    const expected = describe(schema);
    const hint = hintFor(schema, value);
    return [other(path, `Expected ${expected}, found ${kindOf(value)}.${hint}`, expected)];
  }
  if (schema.const !== undefined && schema.const !== value) {
    const expected = describe(schema);
    return [other(path, `Expected ${expected}, found ${JSON.stringify(value)}.`, expected)];
  }
  if (typeof value === 'number') return checkNumber(schema, value, path);
  if (typeof value === 'string') return checkText(schema, value, path);
  if (Array.isArray(value)) return checkList(schema, value, path);
  if (value === null || typeof value !== 'object') return [];
  return checkMap(schema, value as Readonly<Record<string, unknown>>, path);
};

/** Everything in which a value differs from a schema, in the order of the document. */
export const checkSchema = (schema: TSchema, value: unknown): readonly Finding[] =>
  findingsOf(schema, value, []);

/** A value of a schema's kind that says nothing: empty text and NaN never equal anything. */
const neutral = (schema: Schema): unknown => {
  if (schema.anyOf) return neutral(schema.anyOf[0]!);
  if (schema.const !== undefined) return schema.const;
  switch (schema.type) {
    case 'object':
      return fit(schema, {});
    case 'array':
      return [];
    case 'string':
      return '';
    case 'integer':
    case 'number':
      return NaN;
    case 'boolean':
      return false;
    default:
      return null;
  }
};

const fit = (schema: Schema, value: unknown): unknown => {
  if (schema.anyOf) {
    const ofKind = schema.anyOf.filter((candidate) => isKind(candidate, value));
    const fitting = ofKind.find((candidate) => findingsOf(candidate, value, []).length === 0);
    const member = fitting ?? ofKind[0];
    return member ? fit(member, value) : neutral(schema);
  }
  if (!isKind(schema, value)) return neutral(schema);
  if (schema.const !== undefined) return schema.const;
  if (Array.isArray(value)) {
    const { items } = schema;
    return items ? value.map((item: unknown) => fit(items, item)) : value;
  }
  const { properties } = schema;
  if (typeof value !== 'object' || value === null || !properties) return value;
  const known = Object.entries(properties).flatMap(([key, child]) => {
    if (Object.hasOwn(value, key)) {
      return [[key, fit(child, (value as Readonly<Record<string, unknown>>)[key])]];
    }
    return schema.required?.includes(key) ? [[key, neutral(child)]] : [];
  });
  const rest = schema.additionalProperties === false ? {} : value;
  return { ...rest, ...(Object.fromEntries(known) as object) };
};

/**
 * What of a value fits a schema, with something neutral in place of what does not: so that
 * references can be checked in a document that is not right yet.
 */
export const fitSchema = (schema: TSchema, value: unknown): unknown => fit(schema, value);
