/** Reads numbers and pieces off a packet, from left to right. */

import { malformed } from '../errors.ts';

export class Octets {
  readonly #bytes: Buffer;
  readonly #what: string;
  #at = 0;

  /** @param what the name of what is read, for the error of what is too short */
  constructor(bytes: Uint8Array, what: string) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#what = what;
  }

  get left(): number {
    return this.#bytes.length - this.#at;
  }

  u8(): number {
    return this.take(1).readUInt8(0);
  }

  u16(): number {
    return this.take(2).readUInt16LE(0);
  }

  u32(): number {
    return this.take(4).readUInt32LE(0);
  }

  /** The next bytes, not copied. Throws where there are not as many. */
  take(count: number): Buffer {
    if (count > this.left) throw malformed(this.#what);
    this.#at += count;
    return this.#bytes.subarray(this.#at - count, this.#at);
  }

  rest(): Buffer {
    return this.take(this.left);
  }

  /** Throws unless all has been read. */
  end(): void {
    if (this.left > 0) throw malformed(this.#what);
  }

  /** Throws unless it holds. */
  expect(holds: boolean): void {
    if (!holds) throw malformed(this.#what);
  }
}

export const u16 = (value: number): Buffer => {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16LE(value);
  return bytes;
};

export const u32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
};
