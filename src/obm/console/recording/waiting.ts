/** What waits for the disk, in the order in which it came. */

import { crc32 } from 'node:zlib';
import type { Marker } from '../marker.ts';

/** Bytes that came within a moment. */
export interface WaitingBlock {
  readonly kind: 'block';
  readonly at: number;
  readonly position: number;
  readonly pieces: Buffer[];
  length: number;
}

export type WaitingItem = WaitingBlock | { readonly kind: 'marker'; readonly marker: Marker };

/** What comes within so many ms has one time. */
const blockMs = 100;
/** Bytes of a block. */
const blockMax = 64 * 1024;
/** What an item costs beside its bytes. */
const itemBytes = 128;

/** Two pieces as one where they lie side by side in the same memory. */
const joined = (one: Buffer, other: Buffer): Buffer | null =>
  one.buffer === other.buffer && one.byteOffset + one.length === other.byteOffset
    ? Buffer.from(one.buffer, one.byteOffset, one.length + other.length)
    : null;

export class Waiting {
  #items: WaitingItem[] = [];
  #bytes = 0;
  /** Of output alone. */
  #length = 0;

  /** Of memory, about. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Bytes of output. */
  get length(): number {
    return this.#length;
  }

  get isEmpty(): boolean {
    return this.#items.length === 0;
  }

  data(bytes: Buffer, position: number, at: number): void {
    const last = this.#items.at(-1);
    const isOfLast =
      last?.kind === 'block' &&
      Math.abs(at - last.at) < blockMs &&
      last.length + bytes.length <= blockMax &&
      last.position + last.length === position;
    if (isOfLast) this.#add(last, bytes);
    else {
      this.#items.push({ kind: 'block', at, position, pieces: [bytes], length: bytes.length });
      this.#bytes += itemBytes;
    }
    this.#bytes += bytes.length;
    this.#length += bytes.length;
  }

  mark(marker: Marker): void {
    this.#items.push({ kind: 'marker', marker });
    this.#bytes += itemBytes + marker.text.length;
  }

  take(): WaitingItem[] {
    const items = this.#items;
    this.#items = [];
    this.#bytes = this.#length = 0;
    return items;
  }

  #add(block: WaitingBlock, bytes: Buffer): void {
    const last = block.pieces.at(-1);
    const both = last && joined(last, bytes);
    if (both) block.pieces[block.pieces.length - 1] = both;
    else {
      block.pieces.push(bytes);
      this.#bytes += itemBytes;
    }
    block.length += bytes.length;
  }
}

export const crcOf = (pieces: readonly Buffer[]): number =>
  pieces.reduce((crc, piece) => crc32(piece, crc), 0);
