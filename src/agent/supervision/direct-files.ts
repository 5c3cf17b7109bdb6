/**
 * Files into which processes write straight, with nobody between: those that an agent of an earlier
 * release has started, until they are started again.
 */

import { constants, truncateSync } from 'node:fs';
import { copyFile, rename, stat } from 'node:fs/promises';
import type { Logger } from 'pino';
import { partOf } from '../logger/place.ts';
import type { OutputLimits } from '../logger/rolling-file.ts';

export class DirectFiles {
  readonly #limits: OutputLimits;
  readonly #log: Logger;
  readonly #paths = new Map<string, readonly string[]>();
  #turn: Promise<void> | undefined;

  constructor(limits: OutputLimits, log: Logger) {
    this.#limits = limits;
    this.#log = log;
  }

  /** Keeps them short from now on. */
  add(fid: string, paths: readonly string[]): void {
    this.#paths.set(fid, paths);
  }

  remove(fid: string): void {
    this.#paths.delete(fid);
  }

  /** Cuts what has become too long. One round at a time, however long it takes. */
  async tidy(): Promise<void> {
    this.#turn ??= this.#tidyAll().finally(() => (this.#turn = undefined));
    return this.#turn;
  }

  async #tidyAll(): Promise<void> {
    for (const [fid, paths] of this.#paths)
      for (const path of paths)
        await this.#shorten(path).catch((error: unknown) =>
          this.#log.warn({ err: error, fid }, 'cannot cut an output file'),
        );
  }

  /** It is open, so it is copied and cut rather than moved: what is written in between is lost. */
  async #shorten(path: string): Promise<void> {
    const { bytes, files } = this.#limits;
    const found = await stat(path).catch(unlessMissing);
    if (found === undefined || found.size <= bytes) return;
    for (let age = files - 2; age >= 1; age -= 1)
      await rename(partOf(path, age), partOf(path, age + 1)).catch(unlessMissing);
    if (files > 1) await copyFile(path, partOf(path, 1), constants.COPYFILE_FICLONE);
    truncateSync(path);
  }
}

const unlessMissing = (error: NodeJS.ErrnoException): undefined => {
  if (error.code !== 'ENOENT') throw error;
};
