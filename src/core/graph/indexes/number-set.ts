/**
 * A set of small non-negative integers that answers "which is the lowest free one from here"
 * quickly.
 *
 * Kept as bits in words of 32, only for words that have a member: 4,096 transfer machine ids of one
 * LNet address take at most 128 words, and a search skips 32 taken numbers a step.
 */
export class NumberSet {
  readonly #words = new Map<number, number>();

  get isEmpty(): boolean {
    return this.#words.size === 0;
  }

  has(value: number): boolean {
    return ((this.#words.get(wordOf(value)) ?? 0) & (1 << (value & 31))) !== 0;
  }

  add(value: number): void {
    const index = wordOf(value);
    this.#words.set(index, (this.#words.get(index) ?? 0) | (1 << (value & 31)));
  }

  delete(value: number): void {
    const index = wordOf(value);
    const word = (this.#words.get(index) ?? 0) & ~(1 << (value & 31));
    if (word === 0) this.#words.delete(index);
    else this.#words.set(index, word);
  }

  /** The lowest number in `from..to`, both included, that is not in the set; -1 where all are. */
  lowestFree(from: number, to: number): number {
    let value = from;
    while (value <= to) {
      const taken = (this.#words.get(wordOf(value)) ?? 0) >>> (value & 31);
      if (taken === 0) return value;
      const run = trailingOnes(taken);
      if (run === 0) return value;
      value += Math.min(run, 32 - (value & 31));
    }
    return -1;
  }
}

/** Not a shift, which would take numbers of more than 32 bits for smaller ones. */
const wordOf = (value: number): number => Math.floor(value / 32);

/** How many of the lowest bits are set without a gap. */
const trailingOnes = (word: number): number => {
  const inverted = ~word;
  return inverted === 0 ? 32 : 31 - Math.clz32(inverted & -inverted);
};
