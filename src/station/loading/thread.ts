/** A thread that answers one question at a time, so that many together take no more memory than one. */

import { once } from 'node:events';
import { Worker } from 'node:worker_threads';

export interface ThreadOptions {
  readonly name: string;
  /** What it runs, beside this file and without its extension. */
  readonly file: string;
  /** Memory, MiB. */
  readonly memoryMax: number;
}

/** It is started when it is asked first, and ends with the station. */
export class Thread<Question, Answer> {
  readonly #options: ThreadOptions;
  #worker: Worker | null = null;
  #last: Promise<unknown> = Promise.resolve();

  constructor(options: ThreadOptions) {
    this.#options = options;
  }

  /**
   * Asks once everything before is answered.
   *
   * @param signal aborted when nobody waits for the answer any more; then it is not asked
   * @throws what the thread ended with: `ERR_WORKER_OUT_OF_MEMORY`, or that the station stops
   */
  ask(question: Question, signal?: AbortSignal): Promise<Answer> {
    const answer = this.#last.then(() => {
      signal?.throwIfAborted();
      return this.#ask(question);
    });
    this.#last = answer.catch(() => undefined);
    return answer;
  }

  async close(): Promise<void> {
    await this.#worker?.terminate();
  }

  async #ask(question: Question): Promise<Answer> {
    this.#worker ??= this.#start();
    const settled = new AbortController();
    const { signal } = settled;
    this.#worker.ref();
    try {
      this.#worker.postMessage(question);
      return await Promise.race([
        once(this.#worker, 'message', { signal }).then(([answer]) => answer as Answer),
        once(this.#worker, 'exit', { signal }).then(() => {
          throw new Error('the station is stopping; nothing was loaded');
        }),
      ]);
    } catch (error) {
      this.#worker = null;
      throw error;
    } finally {
      settled.abort();
      this.#worker?.unref();
    }
  }

  #start(): Worker {
    const { name, file, memoryMax } = this.#options;
    // The published package is compiled, so the thread's file ends as this one does.
    const extension = import.meta.url.slice(import.meta.url.lastIndexOf('.'));
    return new Worker(new URL(`./${file}${extension}`, import.meta.url), {
      name,
      resourceLimits: { maxOldGenerationSizeMb: memoryMax },
    });
  }
}
