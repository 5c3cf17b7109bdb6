/** How fast a counter has grown lately. */

interface Sample {
  /** Ms, monotonic. */
  readonly at: number;
  readonly count: number;
}

export class Rate {
  readonly #windowMs: number;
  readonly #samples: Sample[] = [];

  /** @param windowMs how far it looks back */
  constructor(windowMs: number) {
    this.#windowMs = windowMs;
  }

  /** To be told several times within the window. */
  sample(at: number, count: number): void {
    this.#samples.push({ at, count });
    // One that is older than the window stays: the growth since then is what is asked for.
    while ((this.#samples[1]?.at ?? Infinity) <= at - this.#windowMs) this.#samples.shift();
  }

  /** A second, over the window or as long as it has been told. */
  perSecond(at: number, count: number): number {
    const [first] = this.#samples;
    if (!first || at <= first.at) return 0;
    return ((count - first.count) * 1000) / (at - first.at);
  }
}
