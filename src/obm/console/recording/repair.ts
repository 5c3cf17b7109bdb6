/** What a crash leaves of the segment that was written: its end may be torn. */

import { open, readFile, rename, truncate, writeFile } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { crc32 } from 'node:zlib';
import {
  decodeHeader,
  decodeRecord,
  encodeBlock,
  encodeHeader,
  headerBytes,
} from './segment-index.ts';
import type { Block } from './segment-index.ts';
import type { Segment } from './segment.ts';

/** How much of the end is read to see whether it is as it was written, bytes: of each of thousands. */
const checkedBytes = 256 * 1024;

export interface Repaired {
  /** Bytes that were no output, and are gone. */
  readonly torn: number;
  /** Whether we had the console when the segment ended; null where it does not say. */
  readonly wasConnected: boolean | null;
}

interface Scan {
  /** With the place of each in the index. */
  readonly blocks: { readonly block: Block; readonly place: number }[];
  /** Where the last record ends that makes sense. */
  end: number;
  /** Bytes that the blocks know. */
  known: number;
  wasConnected: boolean | null;
}

const scan = (index: Buffer, { start, logBytes }: Segment): Scan => {
  const found: Scan = { blocks: [], end: headerBytes, known: 0, wasConnected: null };
  if (decodeHeader(index) !== start) return found;
  for (;;) {
    const decoded = decodeRecord(index, found.end, start);
    if (decoded === null) return found;
    const { record, length } = decoded;
    if (record.kind === 'block') {
      const { block } = record;
      if (block.offset !== found.known || block.offset + block.length > logBytes) return found;
      found.blocks.push({ block, place: found.end });
      found.known += block.length;
    } else {
      const { kind, position } = record.marker;
      if (position - start > found.known) return found;
      if (kind === 'connected' || kind === 'lost') found.wasConnected = kind === 'connected';
    }
    found.end += length;
  }
};

/** Drops the blocks that are not as they were written; what is older than the end is believed. */
const dropUnsound = async (log: FileHandle, found: Scan, logBytes: number): Promise<void> => {
  for (const [i, { block, place }] of found.blocks.entries()) {
    if (block.offset < logBytes - checkedBytes) continue;
    const bytes = await bytesFrom(log, block.offset, block.length);
    if (crc32(bytes) === block.crc) continue;
    found.blocks.splice(i);
    found.end = place;
    found.known = block.offset;
    return;
  }
};

const bytesFrom = async (file: FileHandle, from: number, length: number): Promise<Buffer> => {
  const bytes = Buffer.alloc(length);
  await file.read(bytes, 0, length, from);
  return bytes;
};

/** What the index does not know, when the blocks have been looked at. */
const restOf = async ({ log, logBytes }: Segment, found: Scan): Promise<Buffer> => {
  const file = await open(log, 'r');
  try {
    await dropUnsound(file, found, logBytes);
    return await bytesFrom(file, found.known, logBytes - found.known);
  } finally {
    await file.close();
  }
};

/**
 * Makes the last segment whole. What the index does not know yet is known from now on; what is not
 * as it was written, or zeros as after a power cut, is cut off.
 */
export const repair = async (segment: Segment): Promise<Repaired> => {
  const index = await readFile(segment.index).catch(() => Buffer.alloc(0));
  const found = scan(index, segment);
  const before = found.known;
  const { wasConnected } = found;
  const rest = await restOf(segment, found);
  // A block that is wrong takes with it what comes after.
  const isTorn = found.known < before || rest.every((byte) => byte === 0);
  const torn = isTorn ? rest.length : 0;
  if (torn > 0) await truncate(segment.log, found.known);
  segment.logBytes -= torn;
  if (rest.length === 0 && found.end === index.length) return { torn, wasConnected };

  const parts = [encodeHeader(segment.start), index.subarray(headerBytes, found.end)];
  if (!isTorn && rest.length > 0) {
    const at = Math.floor(segment.written);
    parts.push(encodeBlock({ at, offset: found.known, length: rest.length, crc: crc32(rest) }));
  }
  const repaired = Buffer.concat(parts);
  await writeFile(`${segment.index}.new`, repaired, { mode: 0o600 });
  await rename(`${segment.index}.new`, segment.index);
  segment.indexBytes = repaired.length;
  return { torn, wasConnected };
};
