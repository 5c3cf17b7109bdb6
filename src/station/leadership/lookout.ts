/**
 * What a station that waits sees of the one that leads. Who leads is in the log; that he is there, and that it is this
 * log that he leads, is seen by a lease that is renewed or by a commit that comes. Of a copy of the log, as of a backup
 * that was restored, neither is seen: nothing is passed on from it to where the log was copied from.
 */

import type { StationLogger } from '../logger.ts';
import type { Lease, Look } from './lease.ts';
import type { Place } from './standing.ts';

export interface LookoutParts {
  readonly lease: Lease;
  /** Of this station. */
  readonly place: Place;
  readonly logger: StationLogger;
}

export class Lookout {
  readonly #parts: LookoutParts;
  /** Whether the last look found that nobody leads. */
  #isVacant = false;
  /** Whether anybody has done anything since this station was opened. */
  #isInUse = false;
  #hasNamesake = false;
  #term = 0;

  constructor(parts: LookoutParts) {
    this.#parts = parts;
  }

  /** Whether whoever leads by the log is there, as far as is known. */
  get isLed(): boolean {
    return this.#isInUse && !this.#isVacant;
  }

  async look(): Promise<Look> {
    const look = await this.#parts.lease.look();
    if (look === 'unknown') return look;
    this.#isVacant = look === 'free';
    const { renewer } = this.#parts.lease;
    if (renewer !== null) this.#isInUse = true;
    this.#beware(look === 'held' && renewer === this.#parts.place.station);
    return look;
  }

  /**
   * A commit has come: who begins a term is there, whatever the last look found.
   *
   * @param term the newest of the log with it
   */
  heard(term: number): void {
    this.#isInUse = true;
    if (term > this.#term) this.#isVacant = false;
    this.#term = term;
  }

  /** Two of one name take each other for themselves: neither passes anything on to the other. */
  #beware(hasNamesake: boolean): void {
    const { place, logger } = this.#parts;
    if (hasNamesake && !this.#hasNamesake)
      logger.error(
        { station: place.station },
        'another process leads by the name of this station, and renews its lease: give each station a --name of its own',
      );
    this.#hasNamesake = hasNamesake;
  }
}
