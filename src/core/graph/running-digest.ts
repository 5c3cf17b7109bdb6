/** The digest of a graph that changes. */

import { formatDigest, hashRow } from './digest.ts';
import { kinds } from './resources.ts';
import type { Kind, Rows } from './resources.ts';

/** At this many changed rows the digest is brought up to date, so that old rows can be let go. */
const dirtyRowsMax = 262_144;

/**
 * A new row goes into the digest at once. A changed or removed one is hashed when the digest is
 * asked for, because the rows that change do so often, and two hashes a change would be the
 * greater part of its cost.
 */
export class RunningDigest {
  readonly #now: (kind: Kind, key: string) => Rows[Kind] | undefined;
  /**
   * For each row that changed since the digest was last brought up to date, the content that is
   * still in the digest.
   */
  readonly #dirty = Object.fromEntries(kinds.map((kind) => [kind, new Map()])) as unknown as {
    readonly [K in Kind]: Map<string, Rows[Kind]>;
  };
  #dirtyCount = 0;
  #low = 0;
  #high = 0;

  /** @param now the row that is there, if any */
  constructor(now: (kind: Kind, key: string) => Rows[Kind] | undefined) {
    this.#now = now;
  }

  /** A row is about to be replaced; `before` is undefined for a new one, `after` for one that goes. */
  replace(
    kind: Kind,
    key: string,
    before: Rows[Kind] | undefined,
    after: Rows[Kind] | undefined,
  ): void {
    const dirty = this.#dirty[kind];
    if (dirty.has(key)) return;
    if (before === undefined) {
      if (after) this.#add(kind, after, 1);
      return;
    }
    if (this.#dirtyCount >= dirtyRowsMax) this.value();
    dirty.set(key, before);
    this.#dirtyCount += 1;
  }

  /** 16 hex digits that depend on every row and on nothing else. */
  value(): string {
    for (const kind of kinds) {
      for (const [key, before] of this.#dirty[kind]) {
        const now = this.#now(kind, key);
        this.#add(kind, before, -1);
        if (now) this.#add(kind, now, 1);
      }
      this.#dirty[kind].clear();
    }
    this.#dirtyCount = 0;
    return formatDigest(this.#low, this.#high);
  }

  #add(kind: Kind, row: object, sign: 1 | -1): void {
    const { low, high } = hashRow(kind, row);
    this.#low = (this.#low + sign * low) | 0;
    this.#high = (this.#high + sign * high) | 0;
  }
}
