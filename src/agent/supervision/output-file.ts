/** One file that a process writes to, its older parts, and reading it while it is cut. */

import { constants, statSync, truncateSync } from 'node:fs';
import { copyFile, open, rename, rm, stat } from 'node:fs/promises';

export interface OutputLimits {
  /** A file that has grown beyond is cut, bytes. */
  readonly bytes: number;
  /** Files kept of a process, the one being written among them; at least 1. */
  readonly files: number;
}

/** A place in what was ever written. It stays right when the file is cut. */
export interface Place {
  /** How often the file had been cut; below 0 for parts that an earlier agent cut. */
  readonly cut: number;
  readonly offset: number;
}

/** Something that happened when the process had written so much. */
export interface Note {
  /** Grows with each; the same in both files of a process. */
  readonly id: number;
  readonly text: string;
}

export type Found =
  | { readonly kind: 'data'; readonly data: Buffer; readonly next: Place }
  | { readonly kind: 'note'; readonly note: Note; readonly next: Place }
  /** What was there has been deleted since, because newer output took its room. */
  | { readonly kind: 'lost'; readonly next: Place }
  /** Nothing has been written beyond. */
  | { readonly kind: 'end'; readonly next: Place };

/** Older ones are of no use to anybody who reads. */
const notesMax = 64;
const lineFeed = 10;

export class OutputFile {
  readonly path: string;
  readonly #limits: OutputLimits;
  readonly #notes: (Note & { readonly at: Place })[] = [];
  #cuts = 0;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(path: string, limits: OutputLimits) {
    this.path = path;
    this.#limits = limits;
  }

  /** Remembers that something happened now. */
  note(note: Note): void {
    const offset = statSync(this.path, { throwIfNoEntry: false })?.size ?? 0;
    this.#notes.push({ ...note, at: { cut: this.#cuts, offset } });
    if (this.#notes.length > notesMax) this.#notes.shift();
  }

  /** Cuts it where it has become too long. */
  async shorten(): Promise<void> {
    return this.#inTurn(async () => {
      const { size } = await stat(this.path).catch(emptyIfMissing);
      if (size <= this.#limits.bytes) return;
      for (let age = this.#limits.files - 2; age >= 1; age -= 1)
        await rename(this.#aged(age), this.#aged(age + 1)).catch(unlessMissing);
      if (this.#limits.files > 1)
        await copyFile(this.path, this.#aged(1), constants.COPYFILE_FICLONE);
      // At once, so that no note comes in between.
      truncateSync(this.path);
      this.#cuts += 1;
    });
  }

  async remove(): Promise<void> {
    return this.#inTurn(async () => {
      for (let age = 0; age < this.#limits.files; age += 1)
        await rm(this.#aged(age), { force: true });
    });
  }

  /** Where the last `lines` lines begin; null: the oldest that is kept. */
  async start(lines: number | null): Promise<Place> {
    return this.#inTurn(async () => {
      let left = lines ?? Number.POSITIVE_INFINITY;
      let place: Place = { cut: this.#cuts, offset: 0 };
      for (let age = 0; age < this.#limits.files; age += 1) {
        const found = await lineStart(this.#aged(age), left, age === 0).catch(unlessMissing);
        if (found === undefined) {
          if (age > 0) break;
          continue;
        }
        place = { cut: this.#cuts - age, offset: found.offset };
        left = found.left;
        if (left <= 0) break;
      }
      return place;
    });
  }

  /**
   * What comes at a place.
   *
   * @param noted notes up to this one have been read
   */
  async read(at: Place, noted: number, bytesMax: number): Promise<Found> {
    return this.#inTurn(async () => {
      const oldest = this.#cuts - this.#limits.files + 1;
      if (at.cut < oldest) return { kind: 'lost', next: { cut: oldest, offset: 0 } };
      let next = at;
      for (;;) {
        const note = this.#notes.find(({ id, at: of }) => id > noted && !isBefore(of, next));
        const here = note?.at.cut === next.cut ? note : undefined;
        if (here?.at.offset === next.offset) return { kind: 'note', note: here, next };
        const wanted = Math.min(bytesMax, (here?.at.offset ?? Infinity) - next.offset);
        const data = await readAt(this.#aged(this.#cuts - next.cut), next.offset, wanted);
        if (data.length > 0)
          return { kind: 'data', data, next: { ...next, offset: next.offset + data.length } };
        if (here !== undefined) return { kind: 'note', note: here, next };
        if (next.cut === this.#cuts) return { kind: 'end', next };
        next = { cut: next.cut + 1, offset: 0 };
      }
    });
  }

  #aged(age: number): string {
    return age === 0 ? this.path : `${this.path}.${age}`;
  }

  /** Cutting and reading wait for each other. */
  async #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#turn.then(work);
    this.#turn = turn.catch(() => undefined);
    return turn;
  }
}

const isBefore = (a: Place, b: Place): boolean =>
  a.cut < b.cut || (a.cut === b.cut && a.offset < b.offset);

const blockBytes = 64 * 1024;

/**
 * Looks from the end for where a line begins, so many lines back.
 *
 * @param isLast whether a line feed at the end of the file ends the last line
 */
const lineStart = async (
  path: string,
  lines: number,
  isLast: boolean,
): Promise<{ offset: number; left: number }> => {
  const { size } = await stat(path);
  if (lines === Number.POSITIVE_INFINITY) return { offset: 0, left: lines };
  if (lines === 0) return { offset: size, left: 0 };
  let left = lines;
  for (let end = size; end > 0;) {
    const from = Math.max(0, end - blockBytes);
    const block = await readAt(path, from, end - from);
    for (let i = block.length - 1; i >= 0; i -= 1) {
      if (block[i] !== lineFeed || (isLast && from + i === size - 1)) continue;
      left -= 1;
      if (left === 0) return { offset: from + i + 1, left: 0 };
    }
    end = from;
  }
  return { offset: 0, left };
};

/** Up to so many bytes at an offset; none where the file is gone or ends before. */
const readAt = async (path: string, offset: number, bytes: number): Promise<Buffer> => {
  const { O_RDONLY, O_NOFOLLOW } = constants;
  const file = await open(path, O_RDONLY | O_NOFOLLOW).catch(unlessMissing);
  if (file === undefined) return Buffer.alloc(0);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.allocUnsafe(bytes), 0, bytes, offset);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
};

const unlessMissing = (error: NodeJS.ErrnoException): undefined => {
  if (error.code !== 'ENOENT') throw error;
};

const emptyIfMissing = (error: NodeJS.ErrnoException): { size: number } => {
  unlessMissing(error);
  return { size: 0 };
};
