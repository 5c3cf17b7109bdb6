/** What is done again and again, here or by daemons for us: how often, of how many, and how late. */

export interface PeriodicWork {
  readonly work: string;
  /** `station`, or who does it. */
  readonly where: string;
  /** From one time to the next, ms; 0: it is not done unasked. */
  readonly period_ms: number;
  /** What it is about; it is spread over the period. */
  readonly items: number;
  /** How many of them are due and not begun. */
  readonly due: number;
  /** How late it is, or was lately, ms. */
  readonly lag_ms: number;
}

/** Rows that are told. */
const rowsMax = 1_000;

export class PeriodicWorks {
  readonly #sources: (() => Iterable<PeriodicWork>)[] = [];

  /** @param source asked whenever somebody looks; it must be quick */
  add(source: () => Iterable<PeriodicWork>): void {
    this.#sources.push(source);
  }

  list(): PeriodicWork[] {
    return this.#sources.flatMap((source) => [...source()]).slice(0, rowsMax);
  }
}
