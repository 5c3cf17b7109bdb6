/**
 * What one principal, and all together, may have under way of what costs the station something while
 * it lasts: streams, waits, long reads. A principal is who acts: `token:<id>`, `process:<fid>`.
 */

export interface ShareLimits {
  /** Of one principal. */
  readonly each: number;
  readonly inAll: number;
}

/** Waits for the end of operations (`Prefer: wait`). */
export const waitLimits: ShareLimits = { each: 128, inAll: 1024 };
/** Looks at how far operations are, by requests that do not wait for the end. */
export const lookLimits: ShareLimits = { each: 32, inAll: 256 };
/** Requests that wait for a revision (`at_least`). */
export const arrivalLimits: ShareLimits = { each: 64, inAll: 1024 };
/** Reads of the cluster as it was that have to be rebuilt from the log. */
export const pastLimits: ShareLimits = { each: 8, inAll: 64 };
/** Long answers about the past that are being sent: each holds a graph as large as the present one. */
export const pastAnswerLimits: ShareLimits = { each: 2, inAll: 4 };
/** Reads that look at much: reasons, pages of events, lists, the whole graph. */
export const longReadLimits: ShareLimits = { each: 16, inAll: 256 };

/** Loads and their dry runs: read, rendered, decided. */
export const loadLimits: ShareLimits = { each: 4, inAll: 16 };

/** Reports of the facts of many hosts: each may be as large as its limit. */
export const reportLimits: ShareLimits = { each: 4, inAll: 16 };

/** Requests about OBMs that wait for an OBM daemon, or for each other. */
export const obmLimits: ShareLimits = { each: 32, inAll: 256 };

/** Looks at OBMs that run behind requests; one that hangs takes as long as it may. */
export const lookingLimits: ShareLimits = { each: 1024, inAll: 2048 };

/** Passwords that are looked at, whosever, or wait for it. */
export const passwordLimits: ShareLimits = { each: 16, inAll: 16 };

/** Live streams of events. */
export const streamLimits: ShareLimits = { each: 32, inAll: 1024 };

/** Seconds after which there may be room again. */
const retryAfter = 2;

/** Somebody has as many under way as may be. */
export class ShareExceededError extends Error {
  readonly code = 'too-many-requests';
  readonly retryAfter = retryAfter;

  constructor(message: string) {
    super(message);
    this.name = 'ShareExceededError';
  }
}

export class Share {
  readonly #what: string;
  readonly #limits: ShareLimits;
  readonly #held = new Map<string, number>();
  #inAll = 0;

  /** @param what of which there is no more, in the plural */
  constructor(what: string, limits: ShareLimits) {
    this.#what = what;
    this.#limits = limits;
  }

  /**
   * Takes one for a principal.
   *
   * @returns gives it back; to call it again does nothing
   * @throws {ShareExceededError}
   */
  take(principal: string): () => void {
    const { each, inAll } = this.#limits;
    const held = this.#held.get(principal) ?? 0;
    if (held >= each)
      throw new ShareExceededError(
        `you have ${each} ${this.#what} under way, as many as one may have; try again`,
      );
    if (this.#inAll >= inAll)
      throw new ShareExceededError(
        `there are ${inAll} ${this.#what} under way, as many as there may be; try again`,
      );
    this.#inAll += 1;
    this.#held.set(principal, held + 1);
    let isHeld = true;
    return () => {
      if (!isHeld) return;
      isHeld = false;
      this.#inAll -= 1;
      const left = this.#held.get(principal)! - 1;
      if (left > 0) this.#held.set(principal, left);
      else this.#held.delete(principal);
    };
  }

  /** Runs something that counts as one of them as long as it lasts. */
  async during<T>(principal: string, work: () => Promise<T>): Promise<T> {
    const giveBack = this.take(principal);
    try {
      return await work();
    } finally {
      giveBack();
    }
  }
}

export const passwordShare = (): Share => new Share('passwords', passwordLimits);
