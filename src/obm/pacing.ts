/**
 * How often machines are looked at, and how much is sent to a network: what the daemon was started with, and for the
 * rest what a station tells it.
 */

export interface Pacing {
  /** Between two looks at the power of one machine, ms; 0: nobody looks unasked. */
  readonly powerMs: number;
  /** Between two proofs of the credentials of one OBM, ms, where its power is looked at too; 0: only the first. */
  readonly validateMs: number;
  /** Between two looks at the event log of one OBM, ms, where its power is looked at too; 0: nobody looks unasked. */
  readonly eventsMs: number;
  /** Whoever asks for another look so soon after the last one gets what that saw, ms. */
  readonly freshMs: number;
  /** Things that are begun with the OBMs of one network in a second, orders and looks. */
  readonly perNetworkSecond: number;
}

export const usualPacing: Pacing = {
  powerMs: 60_000,
  validateMs: 3_600_000,
  eventsMs: 0,
  freshMs: 5_000,
  perNetworkSecond: 500,
};

export class PacingInForce {
  readonly #given: Partial<Pacing>;
  #now: Pacing;
  readonly #changed: () => void;

  /**
   * @param given holds whatever anybody tells
   * @param changed called when another pacing holds
   */
  constructor(given: Partial<Pacing>, changed: () => void) {
    this.#given = given;
    this.#changed = changed;
    this.#now = { ...usualPacing, ...given };
  }

  get now(): Pacing {
    return this.#now;
  }

  /** What a station wants; what it does not name stays as it is. */
  tell(wanted: Partial<Pacing>): void {
    const next = { ...this.#now, ...wanted, ...this.#given };
    const names = Object.keys(next) as (keyof Pacing)[];
    if (names.every((name) => next[name] === this.#now[name])) return;
    this.#now = next;
    this.#changed();
  }
}
