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

/** Of stations of this process that have stopped, one of each kind: the next station need not start its own. */
const spare = new Map<string, Worker>();

/** It is started when it is asked first. Where it is asked something when the station stops, it ends with it. */
export class Thread<Question, Answer> {
  readonly #options: ThreadOptions;
  #worker: Worker | null = null;
  #last: Promise<unknown> = Promise.resolve();
  #isAsked = false;
  #isClosed = false;

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
    this.#isClosed = true;
    const worker = this.#worker;
    this.#worker = null;
    if (!worker) return;
    if (this.#isAsked || spare.has(this.#kind)) await worker.terminate();
    else spare.set(this.#kind, worker);
  }

  async #ask(question: Question): Promise<Answer> {
    if (this.#isClosed) throw stopping();
    this.#worker ??= this.#taken() ?? this.#start();
    const worker = this.#worker;
    const settled = new AbortController();
    const { signal } = settled;
    worker.ref();
    this.#isAsked = true;
    try {
      worker.postMessage(question);
      return await Promise.race([
        once(worker, 'message', { signal }).then(([answer]) => answer as Answer),
        once(worker, 'exit', { signal }).then(() => {
          throw stopping();
        }),
      ]);
    } catch (error) {
      this.#worker = null;
      throw error;
    } finally {
      settled.abort();
      worker.unref();
      this.#isAsked = false;
    }
  }

  /** What tells threads apart. */
  get #kind(): string {
    return `${this.#options.file} ${this.#options.memoryMax}`;
  }

  #taken(): Worker | undefined {
    const worker = spare.get(this.#kind);
    spare.delete(this.#kind);
    return worker;
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

const stopping = (): Error => new Error('the station is stopping; nothing was loaded');
