/** Where processes write what they say: one file each, older parts beside it. */

import { closeSync, constants, mkdirSync, openSync, rmSync } from 'node:fs';
import { copyFile, rename, stat, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import type { Logger } from 'pino';

export interface OutputLimits {
  /** A file that has grown beyond is cut, bytes. */
  readonly bytes: number;
  /** Files kept of a process, the one being written among them; at least 1. */
  readonly files: number;
}

export const defaultOutputLimits: OutputLimits = { bytes: 10 * 1024 * 1024, files: 3 };

/**
 * Processes write straight into their files, which are open for appending, so that nothing is lost
 * while no agent runs. Hence a file that is too long is copied and then cut, rather than moved:
 * what is written in the moment between is lost.
 */
export class OutputFiles {
  readonly #folder: string;
  readonly #limits: OutputLimits;
  readonly #log: Logger;
  readonly #watched = new Set<string>();
  #turn: Promise<void> | undefined;

  constructor(folder: string, limits: OutputLimits, log: Logger) {
    this.#folder = folder;
    this.#limits = limits;
    this.#log = log;
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  }

  path(fid: string): string {
    return join(this.#folder, `${fid}.log`);
  }

  /** Keeps the file of a process short from now on. */
  watch(fid: string): void {
    this.#watched.add(fid);
  }

  /**
   * Calls `use` with a descriptor to append to, which is open as long as the call lasts.
   *
   * @throws Error where the file cannot be opened
   */
  appending<T>(fid: string, use: (descriptor: number) => T): T {
    const { O_APPEND, O_CREAT, O_WRONLY, O_NOFOLLOW } = constants;
    const flags = O_APPEND | O_CREAT | O_WRONLY | O_NOFOLLOW;
    const descriptor = openSync(this.path(fid), flags, 0o600);
    this.watch(fid);
    try {
      return use(descriptor);
    } finally {
      closeSync(descriptor);
    }
  }

  remove(fid: string): void {
    this.#watched.delete(fid);
    for (let age = 0; age < this.#limits.files; age += 1)
      rmSync(this.#aged(fid, age), { force: true });
  }

  /** Cuts what has become too long. One round at a time, however long it takes. */
  async tidy(): Promise<void> {
    this.#turn ??= this.#tidyAll().finally(() => (this.#turn = undefined));
    return this.#turn;
  }

  async #tidyAll(): Promise<void> {
    for (const fid of this.#watched) {
      try {
        const { size } = await stat(this.path(fid));
        if (size > this.#limits.bytes) await this.#rotate(fid);
      } catch (error) {
        // A file that is gone is not too long.
        if ((error as NodeJS.ErrnoException).code !== 'ENOENT')
          this.#log.warn({ err: error, fid }, 'cannot cut an output file');
      }
    }
  }

  async #rotate(fid: string): Promise<void> {
    for (let age = this.#limits.files - 2; age >= 1; age -= 1)
      await rename(this.#aged(fid, age), this.#aged(fid, age + 1)).catch(unlessMissing);
    if (this.#limits.files > 1)
      await copyFile(this.path(fid), this.#aged(fid, 1), constants.COPYFILE_FICLONE);
    await truncate(this.path(fid));
  }

  #aged(fid: string, age: number): string {
    return age === 0 ? this.path(fid) : `${this.path(fid)}.${age}`;
  }
}

function unlessMissing(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ENOENT') throw error;
}
