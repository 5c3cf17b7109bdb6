/** The JSON Schemas of the native formats, for editors. */

import { NativeFacts } from './facts-schema.ts';
import { NativeRoles } from './native-roles.ts';

/** `expected` words messages; to JSON Schema it is nothing. */
const withoutWording = (key: string, value: unknown): unknown =>
  key === 'expected' && typeof value === 'string' ? undefined : value;

const asText = (schema: object): string => {
  const standard = { $schema: 'https://json-schema.org/draft/2020-12/schema', ...schema };
  return `${JSON.stringify(standard, withoutWording, 2)}\n`;
};

/** Text by file name. */
export const editorSchemas: Readonly<Record<string, string>> = {
  'facts.schema.json': asText(NativeFacts),
  'roles.schema.json': asText(NativeRoles),
};
