/** Writes the JSON Schemas of facts and roles to docs/schemas, where editors find them. */

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { editorSchemas } from '../src/config/editor-schemas.ts';

const folder = join(import.meta.dirname, '..', 'docs', 'schemas');
mkdirSync(folder, { recursive: true });
for (const [name, text] of Object.entries(editorSchemas)) writeFileSync(join(folder, name), text);
