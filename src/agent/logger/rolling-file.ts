/** A file that is appended to, moved aside before it would be too long, and never longer. */

import {
  closeSync,
  constants,
  existsSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { performance } from 'node:perf_hooks';
import { endAt, endOf, partOf } from './place.ts';
import type { Place } from './place.ts';

export interface OutputLimits {
  /** No file is longer, bytes. */
  readonly bytes: number;
  /** Files kept of a stream, the one being written among them; at least 1. */
  readonly files: number;
}

/** Between two looks whether somebody else has removed or cut the file, ms. */
const lookMs = 1000;

export class RollingFile {
  readonly path: string;
  readonly #limits: OutputLimits;
  #descriptor: number | undefined;
  #size = 0;
  #looked = 0;

  constructor(path: string, limits: OutputLimits) {
    this.path = path;
    this.#limits = limits;
  }

  /**
   * Appends as much as it can.
   *
   * @param wrote told how many bytes, after each part
   * @throws Error where the rest cannot be written, such as on a full disk
   */
  append(data: Buffer, wrote: (bytes: number) => void): void {
    this.#look();
    for (let rest = data; rest.length > 0;) {
      const descriptor = this.#open();
      const room = this.#limits.bytes - this.#size;
      if (room <= 0) {
        this.#moveAside();
        continue;
      }
      const bytes = writeSync(descriptor, rest, 0, Math.min(rest.length, room));
      this.#size += bytes;
      rest = rest.subarray(bytes);
      wrote(bytes);
    }
  }

  /** Where it ends now; it is made where there is none. */
  end(): Place {
    this.#looked = -Infinity;
    this.#look();
    const wasOpen = this.#descriptor !== undefined;
    try {
      return endOf(this.#open());
    } catch {
      return endAt(this.path);
    } finally {
      if (!wasOpen) this.close();
    }
  }

  /** It is opened again when more is written. */
  close(): void {
    if (this.#descriptor !== undefined) closeSync(this.#descriptor);
    this.#descriptor = undefined;
  }

  #open(): number {
    if (this.#descriptor !== undefined) return this.#descriptor;
    for (let age = 0; age < this.#limits.files; age += 1) this.#shorten(partOf(this.path, age));
    const { O_APPEND, O_CREAT, O_WRONLY, O_NOFOLLOW } = constants;
    const flags = O_APPEND | O_CREAT | O_WRONLY | O_NOFOLLOW;
    this.#descriptor = openSync(this.path, flags, 0o600);
    this.#size = endOf(this.#descriptor).offset;
    this.#looked = performance.now();
    return this.#descriptor;
  }

  #look(): void {
    const now = performance.now();
    if (this.#descriptor === undefined || now - this.#looked < lookMs) return;
    this.#looked = now;
    const [own, there] = [endOf(this.#descriptor), endAt(this.path)];
    if (own.file === there.file) this.#size = own.offset;
    else this.close();
  }

  #moveAside(): void {
    this.close();
    const { files } = this.#limits;
    if (files === 1) return rmSync(this.path, { force: true });
    for (let age = files - 2; age >= 0; age -= 1) {
      const part = partOf(this.path, age);
      if (existsSync(part)) renameSync(part, partOf(this.path, age + 1));
    }
  }

  /** Releases before this one kept no exact bound; the end of what is too long is kept. */
  #shorten(part: string): void {
    const size = statSync(part, { throwIfNoEntry: false })?.size ?? 0;
    const { bytes } = this.#limits;
    if (size <= bytes) return;
    const end = Buffer.allocUnsafe(bytes);
    const descriptor = openSync(part, constants.O_RDONLY | constants.O_NOFOLLOW);
    let read: number;
    try {
      read = readSync(descriptor, end, 0, bytes, size - bytes);
    } finally {
      closeSync(descriptor);
    }
    rmSync(part);
    writeFileSync(part, end.subarray(0, read), { mode: 0o600, flag: 'wx' });
  }
}
