/**
 * The chain of checksums that runs through every log: each commit is stored with the checksum of
 * all commits up to it. Two logs with one checksum at a revision hold the same up to there.
 */

import { crc32 } from 'node:zlib';
import type { Commit } from '../core/events/commit.ts';

/** A place in a log: a revision and the chained checksum of everything up to it. */
export interface LogPosition {
  readonly revision: number;
  readonly crc: number;
}

export const logStart: LogPosition = { revision: 0, crc: 0 };

/** A commit as every driver keeps it. */
export interface StoredCommit extends LogPosition {
  /** JSON. */
  readonly body: string;
}

/** The text of a commit that is stored and that the chain runs over. */
export const bodyOf = (commit: Commit): string => JSON.stringify(commit);

/** The place behind a commit that follows another. */
export const after = ({ revision, crc }: LogPosition, body: string): LogPosition => ({
  revision: revision + 1,
  crc: crc32(body, crc),
});

/** Follows a log from a place on and lets nothing through that is not what was written. */
export class ChainReader {
  readonly #corrupt: (revision: number, found: string) => Error;
  #position: LogPosition;

  /** @param corrupt makes the error that ends the reading */
  constructor(start: LogPosition, corrupt: (revision: number, found: string) => Error) {
    this.#position = start;
    this.#corrupt = corrupt;
  }

  /** Behind the commit that was read last. */
  get position(): LogPosition {
    return this.#position;
  }

  /**
   * The next commit.
   *
   * @param stored undefined: there is none, although there should be
   */
  read(stored: StoredCommit | undefined): Commit {
    const next = this.#position.revision + 1;
    if (stored?.revision !== next) throw this.#corrupt(next, 'it is missing');
    const position = after(this.#position, stored.body);
    if (position.crc !== stored.crc) throw this.#corrupt(next, 'its checksum is wrong');
    const commit = JSON.parse(stored.body) as Commit;
    if (commit.revision !== next) throw this.#corrupt(next, 'it holds another commit');
    this.#position = position;
    return commit;
  }
}
