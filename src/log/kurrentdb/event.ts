/** A commit as an event of a stream, there and back. */

import { createHash } from 'node:crypto';
import type { EventData } from '@kurrent/kurrentdb-client';
import type { StoredCommit } from '../chain.ts';
import type { StreamEvent } from './stream.ts';

const commitType = 'HalcyonCommit';

/** What an event has on a server's disk besides the commit: its type twice, and its metadata. */
export const eventOverhead = 128;

/**
 * The body goes as bytes, because JSON would be parsed on the way and written anew, and the checksum
 * runs over it as it is. Its id is made of what it is and where, so that whoever offers it again
 * offers the same event.
 *
 * @param before the chained checksum before it
 * @param at time of the commit, by which `revisionAt` finds it
 */
export function eventOf(
  stream: string,
  { revision, crc, body }: StoredCommit,
  before: number,
  at: number,
): EventData {
  const place = `${stream}\0${revision}\0${before}\0`;
  const bytes = createHash('sha256').update(place).update(body).digest().subarray(0, 16);
  return {
    id: uuidOf(bytes),
    type: commitType,
    contentType: 'application/octet-stream',
    data: Buffer.from(body),
    metadata: { crc, at },
  };
}

/** What is in an event; undefined where it is no commit. */
export function storedOf(event: StreamEvent): (StoredCommit & { readonly at: number }) | undefined {
  const { crc, at } = (event.metadata ?? {}) as { crc?: unknown; at?: unknown };
  if (typeof crc !== 'number' || typeof at !== 'number') return undefined;
  return { revision: event.revision + 1, crc, at, body: event.data.toString() };
}

/** Version 8 of RFC 9562: of nobody's scheme but ours. */
function uuidOf(bytes: Buffer): string {
  bytes[6] = 0x80 | ((bytes[6] as number) & 0x0f);
  bytes[8] = 0x80 | ((bytes[8] as number) & 0x3f);
  const hex = bytes.toString('hex');
  const parts = [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20)];
  return [...parts, hex.slice(20)].join('-');
}
