/** Work of which each principal has one piece under way, and the next when that has ended. */

export class Lines {
  /** Of each who has any, when the last piece in the line will have ended. */
  readonly #ends = new Map<string, Promise<void>>();

  /** Runs a piece when its turn in the line of its principal has come. */
  async run<T>(principal: string, work: () => Promise<T>): Promise<T> {
    const before = this.#ends.get(principal);
    const { promise: end, resolve } = Promise.withResolvers<void>();
    this.#ends.set(principal, end);
    try {
      await before;
      return await work();
    } finally {
      resolve();
      if (this.#ends.get(principal) === end) this.#ends.delete(principal);
    }
  }
}
