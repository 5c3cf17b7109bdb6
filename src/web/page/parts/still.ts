/** Rows that come by themselves, and stay where they are while somebody is about to press one of them. */

/** Whoever has not moved for so long looks on, ms. */
export const restMs = 3000;

export class Still<T> {
  readonly #keyOf: (row: T) => string;
  #shown: { readonly rows: readonly T[]; readonly asked: string } = { rows: [], asked: '' };
  #until = 0;

  constructor(keyOf: (row: T) => string) {
    this.#keyOf = keyOf;
  }

  /** Somebody moves among the rows. @param now ms */
  stirred(now: number): void {
    this.#until = now + restMs;
  }

  left(): void {
    this.#until = 0;
  }

  /**
   * The rows as they are shown now: in their places, each as it is by now.
   *
   * @param asked what they answer: another answer is shown at once
   */
  rows(newest: readonly T[], asked: string, now: number): readonly T[] {
    const { rows, asked: before } = this.#shown;
    const isHeld = now < this.#until && asked === before && rows.length > 0;
    if (!isHeld) {
      this.#shown = { rows: newest, asked };
      return newest;
    }
    const byKey = new Map(newest.map((row) => [this.#keyOf(row), row]));
    return rows.map((row) => byKey.get(this.#keyOf(row)) ?? row);
  }
}
