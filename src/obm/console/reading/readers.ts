/** Who reads logs of consoles: bounded, and ended when his right is. */

import { ObmError } from '../../errors.ts';
import { Bounds } from '../bounds.ts';
import type { BoundLimits } from '../bounds.ts';

export interface Reader {
  readonly principal: string;
  /** What lets him in: the id of a token or of a console connection. */
  readonly right: string;
  /** Ends it. */
  readonly signal: AbortSignal;
}

export interface Reading {
  /** Aborted when he has ended, whatever the cause. */
  readonly signal: AbortSignal;
  /** Why his right has ended; null where it has not. */
  readonly revoked: () => ObmError | null;
  readonly leave: () => void;
}

export class Readers {
  readonly #bounds: Bounds;
  readonly #ends = new Map<Reader, (reason: ObmError) => void>();

  constructor(limits: BoundLimits) {
    this.#bounds = new Bounds('readers of logs of consoles', limits);
  }

  /** That somebody may read now. @throws ObmError `limit` */
  mustHaveRoom(principal: string): void {
    this.#bounds.mustHaveRoom(principal);
  }

  /** @throws ObmError `limit` */
  enter(given: Reader): Reading {
    const { principal, signal } = given;
    this.#bounds.enter(principal);
    // One may read twice at a time.
    const reader = { ...given };
    const end = new AbortController();
    const abort = (): void => end.abort();
    let revoked: ObmError | null = null;
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort);
    this.#ends.set(reader, (reason) => {
      revoked = reason;
      abort();
    });
    return {
      signal: end.signal,
      revoked: () => revoked,
      leave: () => {
        signal.removeEventListener('abort', abort);
        this.#ends.delete(reader);
        this.#bounds.leave(principal);
      },
    };
  }

  /**
   * Ends those whose right has ended: they are given nothing more. What one has been given before,
   * he has to drop himself if he has not passed it on yet.
   */
  end(which: (reader: Reader) => boolean, message: string): void {
    for (const [reader, end] of this.#ends) if (which(reader)) end(new ObmError('closed', message));
  }
}
