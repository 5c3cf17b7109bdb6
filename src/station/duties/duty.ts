/** What only the station does that leads. */

export interface Duty {
  /**
   * Begins it; nothing of it runs before.
   *
   * @param term of leadership: from 1, and greater than any before
   */
  start(term: number): void;
  /**
   * Ends it. Once this resolves nothing of it runs any more: no timer, no listener, no command on
   * its way. It can be started again.
   */
  stop(): Promise<void>;
}

/** All duties of a station, as one. */
export class Duties implements Duty {
  readonly #duties: readonly Duty[];
  #term = 0;
  #state: 'stopped' | 'running' | 'stopping' = 'stopped';
  #stopped: Promise<void> = Promise.resolve();

  /** @param duties in the order in which they start */
  constructor(duties: readonly Duty[]) {
    this.#duties = duties;
  }

  /** The term in which they are done; null while they are not. */
  get term(): number | null {
    return this.#state === 'running' ? this.#term : null;
  }

  /** @throws {RangeError} the term is not above the last one, or that has not ended yet */
  start(term: number): void {
    if (this.#state !== 'stopped' || !Number.isSafeInteger(term) || term <= this.#term)
      throw new RangeError(`term ${term} cannot begin: term ${this.#term} is ${this.#state}`);
    this.#term = term;
    this.#state = 'running';
    for (const duty of this.#duties) duty.start(term);
  }

  /** All are told at once, the last one first, and all are waited for. */
  stop(): Promise<void> {
    if (this.#state === 'running') {
      this.#state = 'stopping';
      const ends = this.#duties.toReversed().map((duty) => duty.stop());
      this.#stopped = Promise.all(ends).then(() => {
        this.#state = 'stopped';
      });
    }
    return this.#stopped;
  }
}
