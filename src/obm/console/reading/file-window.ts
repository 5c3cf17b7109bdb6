/** A file that is read from its beginning to its end, in few and large pieces. */

import type { FileHandle } from 'node:fs/promises';

export class FileWindow {
  readonly #file: FileHandle;
  readonly #size: number;
  #start = 0;
  #bytes: Buffer = Buffer.alloc(0);

  /** @param size bytes that are read at a time */
  constructor(file: FileHandle, size: number) {
    this.#file = file;
    this.#size = size;
  }

  /**
   * Bytes from a place on, as many as are at hand: some more than a record of an index has, unless
   * the file ends before.
   *
   * @param end where the file is taken to end
   */
  async at(place: number, end: number): Promise<Buffer> {
    const least = Math.min(end - place, this.#size / 2);
    if (least <= 0) return Buffer.alloc(0);
    const isAtHand =
      place >= this.#start && place + Math.min(least, 2048) <= this.#start + this.#bytes.length;
    if (!isAtHand) await this.#load(place, Math.min(this.#size, end - place));
    return this.#bytes.subarray(place - this.#start);
  }

  /** So many bytes from a place on, or fewer where the file ends before. They stay as they are. */
  async read(place: number, length: number): Promise<Buffer> {
    const isAtHand = place >= this.#start && place + length <= this.#start + this.#bytes.length;
    if (!isAtHand) await this.#load(place, Math.max(this.#size, length));
    return this.#bytes.subarray(place - this.#start, place - this.#start + length);
  }

  async #load(place: number, length: number): Promise<void> {
    const bytes = Buffer.allocUnsafeSlow(length);
    const { bytesRead } = await this.#file.read(bytes, 0, length, place);
    this.#start = place;
    this.#bytes = bytes.subarray(0, bytesRead);
  }
}
