/**
 * One stored sample of every version of every event type, so that old logs stay readable.
 *
 *     node test/core/event-samples.ts    stores the samples that are missing; never changes one
 * that is there
 */

import { createHash } from 'node:crypto';
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { catalogue, definitionOf } from '../../src/core/events/catalogue.ts';
import type { EventType } from '../../src/core/events/catalogue.ts';

export interface StoredSample {
  readonly type: string;
  readonly v: number;
  /** SHA-256 of the JSON Schema that this version had. */
  readonly schema: string;
  readonly data: unknown;
}

const folder = join(import.meta.dirname, '..', 'fixtures', 'events');

export const eventTypes = Object.keys(catalogue) as EventType[];

export const schemaDigest = (type: EventType): string =>
  createHash('sha256')
    .update(JSON.stringify(definitionOf(type).schema))
    .digest('hex');

export const storedSamples = (): StoredSample[] =>
  readdirSync(folder)
    .sort()
    .map((file) => JSON.parse(readFileSync(join(folder, file), 'utf8')) as StoredSample);

const storeMissing = (): void => {
  for (const type of eventTypes) {
    const { version: v, sample: data } = definitionOf(type);
    const file = join(folder, `${type}.v${v}.json`);
    if (existsSync(file)) continue;
    const stored: StoredSample = { type, v, schema: schemaDigest(type), data };
    writeFileSync(file, `${JSON.stringify(stored, null, 2)}\n`);
    process.stdout.write(`stored ${file}\n`);
  }
};

if (import.meta.main) storeMissing();
