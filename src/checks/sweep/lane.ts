/** Work of which so many pieces are under way at a time; the others wait in order. */

export class Lane {
  readonly #most: number;
  readonly #waiting: (() => Promise<void>)[] = [];
  /** Where in `#waiting` the next one stands. */
  #next = 0;
  #running = 0;

  constructor(most: number) {
    this.#most = most;
  }

  get waiting(): number {
    return this.#waiting.length - this.#next;
  }

  /** @param work which never rejects */
  add(work: () => Promise<void>): void {
    this.#waiting.push(work);
    this.#fill();
  }

  #fill(): void {
    while (this.#running < this.#most && this.waiting > 0) {
      const work = this.#waiting[this.#next]!;
      this.#next += 1;
      if (this.waiting === 0) {
        this.#waiting.length = 0;
        this.#next = 0;
      }
      this.#running += 1;
      void work().finally(() => {
        this.#running -= 1;
        this.#fill();
      });
    }
  }
}
