/** What the station's log says of refusals: each kind once, and then how many more there were. */

/** How often it is said how many more there were, ms. */
const everyMs = 10_000;
/** So many kinds are told apart; what is beyond is counted together. */
const kindsMax = 1000;

type Say = (details: object, message: string) => void;

export class RefusalLog {
  readonly #more = new Map<string, number>();
  readonly #everyMs: number;

  constructor(options = { everyMs }) {
    this.#everyMs = options.everyMs;
  }

  /** @param kind of what it is more of the same */
  say(say: Say, kind: string, details: object, message: string): void {
    const known = this.#more.size < kindsMax || this.#more.has(kind) ? kind : 'others';
    const more = this.#more.get(known);
    if (more !== undefined) {
      this.#more.set(known, more + 1);
      return;
    }
    say(details, message);
    this.#watch(say, known, details, message);
  }

  #watch(say: Say, kind: string, details: object, message: string): void {
    this.#more.set(kind, 0);
    setTimeout(() => {
      const more = this.#more.get(kind)!;
      this.#more.delete(kind);
      if (more === 0) return;
      say({ ...details, more }, `${message} (and ${more} more like this)`);
      this.#watch(say, kind, details, message);
    }, this.#everyMs).unref();
  }
}
