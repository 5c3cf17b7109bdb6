/**
 * The highest term of leadership that was heard of, by cluster. Who has heard of one takes orders of
 * no lower one, whatever happens in between: so it is on the disk before anything is done in it.
 */

import { readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { replaceFileSync, syncFolderSync } from './lasting-file.ts';

/** Who leads: of which cluster, and in which term. */
export interface Leading {
  /** By which a cluster is known: the chained checksum of its first commit, 8 hexadecimal digits. */
  readonly cluster: string;
  /** From 1; each leader has a higher one than all before. */
  readonly term: number;
}

/** A file has so many clusters at most: a machine changes its cluster now and then, not daily. */
export const clustersMax = 64;
export const clusterPattern = '^[0-9a-f]{8}$';

const isCluster = new RegExp(clusterPattern);
const isTerm = (value: unknown): value is number =>
  Number.isSafeInteger(value) && Number(value) >= 1;

/** What is told to who says it although a later one was heard of. */
export const staleTerm = (said: number, heard: number): string =>
  `term ${said} is over: term ${heard} was heard of`;

export class HeardTerms {
  readonly #path: string;
  readonly #heard: Map<string, number>;
  #isKept = true;

  /**
   * @param path of the file, which need not be there
   * @throws Error where it is there and cannot be read: what it holds is unknown, and not nothing
   */
  constructor(path: string) {
    this.#path = path;
    this.#heard = read(path);
  }

  /** Whether all that was heard is on the disk. */
  get isKept(): boolean {
    return this.#isKept;
  }

  /** Of all clusters; 0: none was heard. */
  get highest(): number {
    return Math.max(0, ...this.#heard.values());
  }

  /** @returns the higher one that was heard of that cluster; undefined: it may be the one that leads */
  laterThan({ cluster, term }: Leading): number | undefined {
    const heard = this.#heard.get(cluster) ?? 0;
    return heard > term ? heard : undefined;
  }

  /**
   * Takes note of a term; of a lower one than was heard there is nothing to note.
   *
   * @throws Error it is not on the disk. Lower ones are refused all the same, as long as this
   *   process lives; to hear or `keep` it again tries again
   */
  hear({ cluster, term }: Leading): void {
    if ((this.#heard.get(cluster) ?? 0) < term) {
      if (!this.#heard.has(cluster) && this.#heard.size >= clustersMax)
        throw new Error(
          `${this.#path} has the terms of ${clustersMax} clusters; remove those of others from it, and restart`,
        );
      this.#heard.set(cluster, term);
      this.#isKept = false;
    }
    this.keep();
  }

  /** Writes what is not on the disk yet. @throws Error it cannot be written now */
  keep(): void {
    if (this.#isKept) return;
    replaceFileSync(this.#path, `${JSON.stringify(Object.fromEntries(this.#heard), null, 2)}\n`);
    this.#isKept = true;
  }
}

const read = (path: string): Map<string, number> => {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
    // Whoever wrote it may have ended before its name lasted.
    syncFolderSync(dirname(path));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return new Map();
    throw error;
  }
  const terms = entriesOf(text);
  if (terms) return new Map(terms);
  throw new Error(
    `${path} does not hold the terms of leadership that were heard of, so that orders of a station ` +
      'that was deposed could not be told from others. Make sure that no such station runs, remove ' +
      'the file, and start again',
  );
};

const entriesOf = (text: string): [string, number][] | undefined => {
  try {
    const value = JSON.parse(text) as unknown;
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
    const entries = Object.entries(value);
    const isRight = entries.every(([cluster, term]) => isCluster.test(cluster) && isTerm(term));
    return isRight ? (entries as [string, number][]) : undefined;
  } catch {
    return undefined;
  }
};
