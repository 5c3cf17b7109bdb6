/**
 * The index of a segment: when what was written came, and what happened beside it. It stands beside
 * the bytes, which a machine can write as it likes.
 *
 * After 16 bytes (`HCI1`, 4 zeros, position of the first byte) come records:
 *
 *     block    1, time (6), offset (4), length (4), CRC-32 of the bytes (4)
 *     marker   2, time (6), offset (4), length (2), CRC-32 of the JSON (4), JSON [kind, text]
 */

import { crc32 } from 'node:zlib';
import { markerKinds } from '../marker.ts';
import type { Marker, MarkerKind } from '../marker.ts';

/** Bytes that came within a moment, at a place of the segment. */
export interface Block {
  /** When the first of them came, ms since the epoch. */
  readonly at: number;
  readonly offset: number;
  readonly length: number;
  readonly crc: number;
}

export type IndexRecord =
  | { readonly kind: 'block'; readonly block: Block }
  | { readonly kind: 'marker'; readonly marker: Marker };

export const headerBytes = 16;
const magic = Buffer.from('HCI1');
const blockBytes = 19;
const markerBytes = 17;

export const encodeHeader = (position: number): Buffer => {
  const header = Buffer.alloc(headerBytes);
  magic.copy(header);
  header.writeBigUInt64BE(BigInt(position), 8);
  return header;
};

/** Position of a segment's first byte; null where this is no index. */
export const decodeHeader = (bytes: Buffer): number | null =>
  bytes.length >= headerBytes && bytes.subarray(0, 4).equals(magic)
    ? Number(bytes.readBigUInt64BE(8))
    : null;

export const encodeBlock = ({ at, offset, length, crc }: Block): Buffer => {
  const bytes = Buffer.allocUnsafe(blockBytes);
  bytes.writeUInt8(1);
  bytes.writeUIntBE(at, 1, 6);
  bytes.writeUInt32BE(offset, 7);
  bytes.writeUInt32BE(length, 11);
  bytes.writeUInt32BE(crc, 15);
  return bytes;
};

/** @param start position of the segment's first byte */
export const encodeMarker = ({ kind, at, position, text }: Marker, start: number): Buffer => {
  const json = Buffer.from(JSON.stringify([kind, text]));
  const head = Buffer.allocUnsafe(markerBytes);
  head.writeUInt8(2);
  head.writeUIntBE(at, 1, 6);
  head.writeUInt32BE(position - start, 7);
  head.writeUInt16BE(json.length, 11);
  head.writeUInt32BE(crc32(json), 13);
  return Buffer.concat([head, json]);
};

interface Decoded {
  readonly record: IndexRecord;
  /** Bytes of it. */
  readonly length: number;
}

/**
 * The record at a place. Null where there is none: the index ends there, or is torn.
 *
 * @param start position of the segment's first byte
 */
export const decodeRecord = (bytes: Buffer, place: number, start: number): Decoded | null => {
  const left = bytes.length - place;
  if (left < markerBytes) return null;
  const at = bytes.readUIntBE(place + 1, 6);
  const offset = bytes.readUInt32BE(place + 7);
  const kind = bytes.readUInt8(place);
  if (kind === 1 && left >= blockBytes) {
    const length = bytes.readUInt32BE(place + 11);
    const crc = bytes.readUInt32BE(place + 15);
    const record = { kind: 'block', block: { at, offset, length, crc } } as const;
    return { record, length: blockBytes };
  }
  if (kind !== 2) return null;
  const json = bytes.subarray(
    place + markerBytes,
    place + markerBytes + bytes.readUInt16BE(place + 11),
  );
  const length = markerBytes + bytes.readUInt16BE(place + 11);
  if (length > left || crc32(json) !== bytes.readUInt32BE(place + 13)) return null;
  const said = JSON.parse(json.toString()) as [MarkerKind, string];
  // A kind of a later version is shown as what it says.
  const known = markerKinds.includes(said[0]) ? said[0] : 'note';
  const marker = { kind: known, at, position: start + offset, text: said[1] };
  return { record: { kind: 'marker', marker }, length };
};
