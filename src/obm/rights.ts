/** What somebody was let in to do goes on for as long as his pass holds. */

import { ObmError } from './errors.ts';
import type { Gate, Pass } from './gate.ts';

export class Rights {
  readonly #gate: Gate;
  readonly #used = new Map<AbortController, Pass>();

  constructor(gate: Gate) {
    this.#gate = gate;
  }

  /**
   * Does something by a pass. Its signal is aborted when the pass holds no more.
   *
   * @param pass undefined: the administrator's, which always holds
   */
  async use<T>(pass: Pass | undefined, work: (right: AbortSignal) => Promise<T>): Promise<T> {
    const right = new AbortController();
    if (pass === undefined) return work(right.signal);
    this.#used.set(right, pass);
    try {
      if (!this.#gate.holds(pass)) right.abort(over());
      return await work(right.signal);
    } finally {
      this.#used.delete(right);
    }
  }

  /** Whatever goes on by a pass that holds no more is told to end when this returns. */
  check(): void {
    for (const [right, pass] of this.#used) if (!this.#gate.holds(pass)) right.abort(over());
  }
}

const over = (): ObmError =>
  new ObmError('closed', 'the token was revoked, or expired, before it was done');
