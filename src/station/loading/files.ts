/**
 * Facts and roles as files, in and out. They are read in a thread of their own: ten thousand hosts
 * take seconds, in which nobody else should wait.
 */

import type { DeclarationFiles, DeclarationResult } from '../../config/declaration.ts';
import { Thread } from './thread.ts';

export { dumpDeclaration } from '../../config/dump.ts';

/** Memory of the thread, MiB. Files that need more are refused. */
const memoryMax = 2048;

export class FilesReader {
  readonly #thread: Thread<DeclarationFiles, DeclarationResult>;
  readonly #memoryMax: number;

  constructor(limit = memoryMax) {
    this.#memoryMax = limit;
    this.#thread = new Thread({ name: 'files-reader', file: 'files-thread', memoryMax: limit });
  }

  /** @param signal aborted when nobody waits for the answer any more */
  async read(files: DeclarationFiles, signal?: AbortSignal): Promise<DeclarationResult> {
    try {
      return await this.#thread.ask(files, signal);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ERR_WORKER_OUT_OF_MEMORY')
        return tooMuch(files, this.#memoryMax);
      throw error;
    }
  }

  close(): Promise<void> {
    return this.#thread.close();
  }
}

const tooMuch = ({ facts }: DeclarationFiles, limit: number): DeclarationResult => ({
  ok: false,
  problems: [
    {
      file: facts.name,
      line: 1,
      column: 1,
      path: '',
      message: `Reading it takes more than ${limit} MiB of memory.`,
    },
  ],
});
