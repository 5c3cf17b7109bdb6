/** Files that are held open to be written: the ones used last, and no more than so many. */

import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';

interface Entry {
  readonly handle: Promise<FileHandle>;
  uses: number;
}

export class OpenFiles {
  readonly #max: number;
  /** The one that was used last is the last. */
  readonly #entries = new Map<string, Entry>();

  /** @param max files; those that are in use at the moment may be more */
  constructor(max: number) {
    this.#max = max;
  }

  get count(): number {
    return this.#entries.size;
  }

  /** Opens a file, makes it where it is not there, and hands it out for a while. */
  async use<T>(path: string, call: (file: FileHandle) => Promise<T>): Promise<T> {
    const entry = this.#entries.get(path) ?? this.#begin(path);
    this.#entries.delete(path);
    this.#entries.set(path, entry);
    entry.uses += 1;
    try {
      return await call(await entry.handle);
    } finally {
      entry.uses -= 1;
      await this.#closeBeyond(this.#max);
    }
  }

  /** Nobody may use it meanwhile. */
  async close(path: string): Promise<void> {
    const entry = this.#entries.get(path);
    this.#entries.delete(path);
    await closed(entry);
  }

  /** Nobody may use any meanwhile. */
  async closeAll(): Promise<void> {
    const entries = [...this.#entries.values()];
    this.#entries.clear();
    await Promise.all(entries.map(closed));
  }

  #begin(path: string): Entry {
    const { O_RDWR, O_CREAT, O_NOFOLLOW } = constants;
    const handle = open(path, O_RDWR | O_CREAT | O_NOFOLLOW, 0o600);
    handle.catch(() => this.#entries.delete(path));
    const entry = { handle, uses: 0 };
    this.#entries.set(path, entry);
    return entry;
  }

  async #closeBeyond(max: number): Promise<void> {
    for (const [path, entry] of this.#entries) {
      if (this.#entries.size <= max) return;
      if (entry.uses === 0) await this.close(path);
    }
  }
}

const closed = async (entry: Entry | undefined): Promise<void> => {
  const file = await entry?.handle.catch(() => undefined);
  // What matters was said when it was written.
  await file?.close().catch(() => undefined);
};
