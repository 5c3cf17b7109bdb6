/** The JSON Schemas of the native formats, for editors. */

import { NativeFacts } from './facts-schema.ts';
import { NativeRoles } from './native-roles.ts';

/** `expected` words messages; to JSON Schema it is nothing. */
const withoutWording = (key: string, value: unknown): unknown =>
  key === 'expected' && typeof value === 'string' ? undefined : value;

const standard = (schema: object): unknown => {
  const named = { $schema: 'https://json-schema.org/draft/2020-12/schema', ...schema };
  return JSON.parse(JSON.stringify(named, withoutWording));
};

/** Schemas by file name. */
export const editorSchemas: Readonly<Record<string, unknown>> = {
  'facts.schema.json': standard(NativeFacts),
  'roles.schema.json': standard(NativeRoles),
};
