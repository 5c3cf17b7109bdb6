/** Reads that look at much: bounded, in fair turns, and ended with whoever asked. */

import type { EventEmitter } from 'node:events';
import { longReadLimits, Share } from './shares.ts';
import type { Turn, Turns } from './turns.ts';

/** Who asks, and until when. */
export interface Asker {
  readonly principal: string;
  /** Aborted when nobody waits for the answer any more. */
  readonly signal: AbortSignal;
}

export class LongReads {
  readonly #turns: Turns;
  readonly #share = new Share('long reads', longReadLimits);

  constructor(turns: Turns) {
    this.#turns = turns;
  }

  /**
   * Runs one, once it has its first turn.
   *
   * @throws {ShareExceededError} too many are under way
   * @throws the reason of the signal
   */
  run<T>({ principal, signal }: Asker, work: (turn: Turn) => Promise<T>): Promise<T> {
    return this.#share.during(principal, async () =>
      work(await this.#turns.begin(principal, signal)),
    );
  }

  /**
   * Begins one that lasts until its answer was sent, or the connection is closed.
   *
   * @throws as `run`
   */
  async begin({ principal, signal }: Asker, answer: EventEmitter): Promise<Turn> {
    const giveBack = this.#share.take(principal);
    answer.once('close', giveBack);
    return this.#turns.begin(principal, signal);
  }
}
