/** Secrets in one file, each encrypted under its name: see `SealedTable`. */

import { dirname } from 'node:path';
import { InPlace } from './in-place.ts';
import { replaceFileSync } from './lasting-file.ts';
import { readRegularSync } from './regular-file.ts';
import { SealedTable } from './sealed-table.ts';

/** Ten thousand secrets take about 2 MB. */
const fileBytesMax = 256 * 1024 * 1024;

/** Values are whatever JSON holds. */
export class SealedFile<T> {
  readonly #path: string;
  #table: SealedTable<T>;
  /** Where the file is; undefined where there is none. */
  #inPlace: InPlace | undefined;

  /**
   * @param key 32 bytes
   * @throws Error the file is there and cannot be read
   */
  constructor(path: string, key: Buffer) {
    this.#path = path;
    this.#table = readTable(path, key);
    if (this.#table.names.length > 0) this.#inPlace = placeOf(path);
  }

  /** What is not where it was written, in words; it is looked at now. */
  trouble(): string | undefined {
    return this.#inPlace?.displaced();
  }

  get names(): readonly string[] {
    return this.#table.names;
  }

  /** @throws Error what is kept under the name was not sealed with this key, or is damaged */
  get(name: string): T | undefined {
    return this.#table.get(name);
  }

  /**
   * Keeps values under their names and forgets others; durable when it returns. Nothing is written where there is
   * nothing to keep and nothing to forget.
   *
   * @throws Error they cannot be written; all is as it was
   */
  change(put: ReadonlyMap<string, T>, forget: readonly string[] = []): void {
    const next = this.#table.changed(put, forget);
    if (next === this.#table) return;
    replaceFileSync(this.#path, next.toString());
    this.#table = next;
    this.#inPlace = placeOf(this.#path);
  }
}

const placeOf = (path: string): InPlace => new InPlace(dirname(path), [path]);

const readTable = <T>(path: string, key: Buffer): SealedTable<T> => {
  try {
    return SealedTable.parse(key, readRegularSync(path, fileBytesMax).toString('utf8'));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return SealedTable.empty(key);
    throw new Error(`${path} cannot be read: ${(error as Error).message}`, { cause: error });
  }
};
