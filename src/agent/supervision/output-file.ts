/** Reads what a process has written, while it is written and moved aside. */

import { constants } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { identityOf, partOf } from '../logger/place.ts';
import type { Place } from '../logger/place.ts';

/** Something that happened when the process had written so much. */
export interface Note {
  /** Grows with each; the same in both files of a process. */
  readonly id: number;
  readonly text: string;
  readonly at: Place;
}

export type Found =
  | { readonly kind: 'data'; readonly data: Buffer }
  | { readonly kind: 'note'; readonly note: Note }
  /** What was there has been deleted since, because newer output took its room. */
  | { readonly kind: 'lost' }
  /** Nothing has been written beyond, or nothing beyond is wanted. */
  | { readonly kind: 'end' };

const lineFeed = 10;
const blockBytes = 64 * 1024;

interface Part {
  readonly handle: FileHandle;
  readonly file: string;
}

/** A place in one stream of a process, which moves on as it is read. */
export class OutputCursor {
  readonly #path: string;
  readonly #files: number;
  /** Beyond this nothing is wanted; undefined: all that will ever be written is. */
  readonly #end: Place | undefined;
  #part: Part | undefined;
  #offset = 0;
  /** Files before the present one. */
  readonly #passed = new Set<string>();
  /** Whether nothing is written to the present file any more. */
  #isFinal = false;
  #isOver: boolean;

  /** @param files how many are kept */
  constructor(path: string, files: number, end: Place | undefined) {
    this.#path = path;
    this.#files = files;
    this.#end = end;
    this.#isOver = end?.file === '';
  }

  /** Goes to where the last `lines` lines begin; null: to the oldest that is kept. */
  async seek(lines: number | null): Promise<void> {
    let parts = await this.#parts();
    const last = parts.findIndex(({ file }) => file === this.#end?.file);
    for (const { handle } of parts.slice(0, Math.max(0, last))) await handle.close();
    parts = parts.slice(Math.max(0, last));
    let left = lines ?? Infinity;
    let place: [Part, number] | undefined;
    for (const [i, part] of parts.entries()) {
      if (place !== undefined && left <= 0) {
        this.#passed.add(part.file);
        await part.handle.close();
        continue;
      }
      const size = part.file === this.#end?.file ? this.#end.offset : await sizeOf(part.handle);
      const found = await lineStart(part.handle, size, left, i === 0);
      await place?.[0].handle.close();
      place = [part, found.offset];
      left = found.left;
    }
    if (place !== undefined) [this.#part, this.#offset] = place;
  }

  /**
   * What comes next.
   *
   * @param notes all that there are, oldest first
   * @param noted notes up to this one have been read
   */
  async read(notes: readonly Note[], noted: number, bytesMax: number): Promise<Found> {
    while (!this.#isOver) {
      const part = (this.#part ??= await this.#open(0));
      if (part === undefined) break;
      const note = notes.find(({ id, at }) => id > noted && this.#isAhead(at));
      const here = note?.at.file === part.file ? note : undefined;
      if (here?.at.offset === this.#offset) return { kind: 'note', note: here };
      const last = this.#end?.file === part.file ? this.#end.offset : Infinity;
      if (this.#offset >= last) break;
      const bytes = Math.min(bytesMax, Math.min(here?.at.offset ?? Infinity, last) - this.#offset);
      const data = await readAt(part.handle, this.#offset, bytes);
      this.#offset += data.length;
      if (data.length > 0) return { kind: 'data', data };
      if (here !== undefined) return { kind: 'note', note: here };
      const found = await this.#beyond(part);
      if (found !== undefined) return found;
    }
    return { kind: 'end' };
  }

  async close(): Promise<void> {
    await this.#part?.handle.close();
    this.#part = undefined;
    this.#isOver = true;
  }

  #isAhead({ file, offset }: Place): boolean {
    return file === this.#part?.file ? offset >= this.#offset : !this.#passed.has(file);
  }

  /** At the end of a file: what is there, unless it simply goes on in the next one. */
  async #beyond(part: Part): Promise<Found | undefined> {
    if ((await sizeOf(part.handle)) < this.#offset) {
      this.#offset = 0;
      return { kind: 'lost' };
    }
    if (!this.#isFinal) {
      if ((await this.#fileAt(0)) === part.file) return { kind: 'end' };
      // What was written before it was moved aside may not have been read yet.
      this.#isFinal = true;
      return undefined;
    }
    const next = await this.#next(part.file);
    if (next !== undefined) return void (await this.#moveTo(next));
    const parts = await this.#parts();
    const oldest = parts.pop();
    for (const { handle } of parts) await handle.close();
    if (oldest === undefined) return { kind: 'end' };
    await this.#moveTo(oldest);
    const kept = [oldest, ...parts].map(({ file }) => file);
    if (this.#end !== undefined && !kept.includes(this.#end.file)) this.#isOver = true;
    return { kind: 'lost' };
  }

  /** The file after one; undefined where that one has been deleted. */
  async #next(file: string): Promise<Part | undefined> {
    for (let age = 1; age < this.#files; age += 1) {
      if ((await this.#fileAt(age)) !== file) continue;
      const next = await this.#open(age - 1);
      // Where they were moved meanwhile, it has a higher name by now.
      if (next !== undefined && (await this.#fileAt(age)) === file) return next;
      await next?.handle.close();
    }
    return undefined;
  }

  async #moveTo(part: Part): Promise<void> {
    if (this.#part !== undefined) {
      this.#passed.add(this.#part.file);
      await this.#part.handle.close();
    }
    this.#part = part;
    this.#offset = 0;
    this.#isFinal = false;
  }

  /** All that are there, newest first. One that is moved meanwhile is found again, and left out. */
  async #parts(): Promise<Part[]> {
    const parts: Part[] = [];
    for (let age = 0; age < this.#files; age += 1) {
      const part = await this.#open(age);
      if (part === undefined) continue;
      if (parts.some(({ file }) => file === part.file)) await part.handle.close();
      else parts.push(part);
    }
    return parts;
  }

  async #fileAt(age: number): Promise<string | undefined> {
    const found = await stat(partOf(this.#path, age), { bigint: true }).catch(unlessMissing);
    return found === undefined ? undefined : identityOf(found);
  }

  async #open(age: number): Promise<Part | undefined> {
    const { O_RDONLY, O_NOFOLLOW } = constants;
    const path = partOf(this.#path, age);
    const handle = await open(path, O_RDONLY | O_NOFOLLOW).catch(unlessMissing);
    if (handle === undefined) return undefined;
    return { handle, file: identityOf(await handle.stat({ bigint: true })) };
  }
}

/**
 * Looks from the end for where a line begins, so many lines back.
 *
 * @param isLast whether a line feed at the end ends the last line
 */
const lineStart = async (
  handle: FileHandle,
  size: number,
  lines: number,
  isLast: boolean,
): Promise<{ offset: number; left: number }> => {
  if (lines === Infinity) return { offset: 0, left: lines };
  if (lines === 0) return { offset: size, left: 0 };
  let left = lines;
  for (let end = size; end > 0;) {
    const from = Math.max(0, end - blockBytes);
    const block = await readAt(handle, from, end - from);
    for (let i = block.length - 1; i >= 0; i -= 1) {
      if (block[i] !== lineFeed || (isLast && from + i === size - 1)) continue;
      left -= 1;
      if (left === 0) return { offset: from + i + 1, left: 0 };
    }
    end = from;
  }
  return { offset: 0, left };
};

const sizeOf = async (handle: FileHandle): Promise<number> => (await handle.stat()).size;

/** Up to so many bytes at an offset; none where the file ends before. */
const readAt = async (handle: FileHandle, offset: number, bytes: number): Promise<Buffer> => {
  const { buffer, bytesRead } = await handle.read(Buffer.allocUnsafe(bytes), 0, bytes, offset);
  return buffer.subarray(0, bytesRead);
};

const unlessMissing = (error: NodeJS.ErrnoException): undefined => {
  if (error.code !== 'ENOENT') throw error;
};
