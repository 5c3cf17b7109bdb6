/** Reading commits of a log page by page, as they are asked for: nothing is fetched ahead. */

import type { Commit } from '../../core/events/commit.ts';

export class PagedReading implements AsyncIterableIterator<Commit> {
  readonly #fetch: () => Promise<readonly Commit[]>;
  readonly #check: () => void;
  #page: readonly Commit[] = [];
  #index = 0;
  #isOver = false;
  /** Ends with the page that is being fetched: who asks meanwhile waits for it. */
  #turn: Promise<unknown> = Promise.resolve();
  #waiting = 0;

  /**
   * @param fetch gives the next page, an empty one at the end
   * @param check throws where the log cannot be read any more
   */
  constructor(fetch: () => Promise<readonly Commit[]>, check: () => void) {
    this.#fetch = fetch;
    this.#check = check;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<Commit>> {
    if (this.#waiting === 0 && this.#index < this.#page.length)
      return Promise.try(() => this.#taken());
    this.#waiting += 1;
    const mine = this.#turn.then(() => this.#next()).finally(() => (this.#waiting -= 1));
    this.#turn = mine.catch(() => undefined);
    return mine;
  }

  return(): Promise<IteratorResult<Commit>> {
    this.#end();
    return Promise.resolve({ done: true, value: undefined });
  }

  async #next(): Promise<IteratorResult<Commit>> {
    this.#check();
    if (this.#index === this.#page.length && !this.#isOver) {
      this.#page = [];
      this.#index = 0;
      try {
        const page = await this.#fetch();
        if (page.length === 0) this.#end();
        if (!this.#isOver) this.#page = page;
      } catch (error) {
        this.#end();
        throw error;
      }
    }
    return this.#taken();
  }

  #taken(): IteratorResult<Commit> {
    this.#check();
    const commit = this.#page[this.#index];
    if (commit === undefined) return { done: true, value: undefined };
    this.#index += 1;
    return { done: false, value: commit };
  }

  #end(): void {
    this.#isOver = true;
    this.#page = [];
    this.#index = 0;
  }
}
