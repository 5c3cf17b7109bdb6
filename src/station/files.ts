/**
 * Facts and roles as files, in and out. They are read in a thread of their own: ten thousand hosts
 * take seconds, in which nobody else should wait.
 */

import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { DeclarationFiles, DeclarationResult } from '../config/declaration.ts';

export { dumpDeclaration } from '../config/dump.ts';

/** Memory of the thread, MiB. Files that need more are refused. */
const memoryMax = 2048;

/** One set of files at a time, so that many together take no more memory than one. */
export class FilesReader {
  #thread: Worker | null = null;
  #last: Promise<unknown> = Promise.resolve();
  readonly #memoryMax: number;

  constructor(limit = memoryMax) {
    this.#memoryMax = limit;
  }

  read(files: DeclarationFiles): Promise<DeclarationResult> {
    const result = this.#last.then(() => this.#ask(files));
    this.#last = result.catch(() => undefined);
    return result;
  }

  async close(): Promise<void> {
    await this.#thread?.terminate();
  }

  async #ask(files: DeclarationFiles): Promise<DeclarationResult> {
    this.#thread ??= this.#start();
    const settled = new AbortController();
    const { signal } = settled;
    this.#thread.ref();
    try {
      this.#thread.postMessage(files);
      return await Promise.race([
        once(this.#thread, 'message', { signal }).then(([result]) => result as DeclarationResult),
        once(this.#thread, 'exit', { signal }).then(() => {
          throw new Error('the station is stopping; nothing was loaded');
        }),
      ]);
    } catch (error) {
      this.#thread = null;
      if ((error as NodeJS.ErrnoException).code === 'ERR_WORKER_OUT_OF_MEMORY')
        return tooMuch(files, this.#memoryMax);
      throw error;
    } finally {
      settled.abort();
      this.#thread?.unref();
    }
  }

  #start(): Worker {
    // The published package is compiled, so the thread's file ends as this one does.
    const extension = import.meta.url.slice(import.meta.url.lastIndexOf('.'));
    return new Worker(new URL(`./files-thread${extension}`, import.meta.url), {
      name: 'files-reader',
      resourceLimits: { maxOldGenerationSizeMb: this.#memoryMax },
    });
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
