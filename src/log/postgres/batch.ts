/** Commits as they are sent to PostgreSQL. */

import { crc32 } from 'node:zlib';
import type { LogPosition } from '../chain.ts';
import type { WaitingCommit } from '../commit-queue.ts';
import type { Statement } from './session.ts';
import type { Statements } from './statements.ts';

export interface EncodedBatch {
  readonly statement: Statement;
  readonly bytes: number;
  /** Behind its last commit. */
  readonly end: LogPosition;
}

/**
 * Makes the statement that appends commits behind a place. Their texts go in one piece: a parameter
 * each costs the client several times as much.
 */
export const encodeBatch = (
  statements: Statements,
  start: LogPosition,
  commits: readonly WaitingCommit[],
): EncodedBatch => {
  const lengths = commits.map(({ body }) => Buffer.byteLength(body));
  const bytes = lengths.reduce((sum, length) => sum + length, 0);
  const bodies = Buffer.allocUnsafe(bytes);
  const crcs: number[] = [];
  let offset = 0;
  let { crc } = start;
  for (const [index, { body }] of commits.entries()) {
    bodies.write(body, offset);
    const end = offset + lengths[index]!;
    crc = crc32(bodies.subarray(offset, end), crc);
    crcs.push(crc);
    offset = end;
  }
  const times = commits.map(({ commit }) => commit.at);
  return {
    statement: statements.append(start, times, crcs, lengths, bodies),
    bytes,
    end: { revision: start.revision + commits.length, crc },
  };
};
