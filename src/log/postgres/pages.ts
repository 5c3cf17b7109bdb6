/** Commits of a log on PostgreSQL, read page by page and verified. */

import type { Commit } from '../../core/events/commit.ts';
import { ChainReader, logStart } from '../chain.ts';
import type { LogPosition } from '../chain.ts';
import { LogCorruptError } from '../log.ts';
import type { Deadlines } from './deadlines.ts';
import { isServerError } from './failure.ts';
import type { Link, LinkParts } from './link.ts';
import type { Session, Statement } from './session.ts';
import type { CommitRow } from './statements.ts';

/** Bytes of the table of commits and its index. */
export const sizeOf = async (
  { statements, deadlines }: LinkParts,
  { reading }: Link,
): Promise<number> => {
  const { rows } = await reading.ask<[number]>(statements.size, deadlines.answerMs);
  return rows[0]![0];
};

export const corrupt = (revision: number, found: string): LogCorruptError =>
  new LogCorruptError(
    `the log on PostgreSQL is damaged at revision ${revision}: ${found}. Nothing was changed. ` +
      'Restore the database from a backup',
  );

/** The pages of a stretch of the log, each verified. */
export class Pages {
  readonly #parts: LinkParts;
  readonly #linked: <T>(work: (link: Link) => Promise<T>) => Promise<T>;
  readonly #to: number;
  #chain: ChainReader | undefined;
  readonly #from: number;

  /** @param linked does some work with a link */
  constructor(
    parts: LinkParts,
    linked: <T>(work: (link: Link) => Promise<T>) => Promise<T>,
    from: number,
    to: number,
  ) {
    this.#parts = parts;
    this.#linked = linked;
    this.#from = from;
    this.#to = to;
  }

  /** Behind what was read. */
  get end(): LogPosition {
    return this.#chain?.position ?? logStart;
  }

  /** An empty one where all was read. */
  async next(): Promise<Commit[]> {
    if ((this.#chain?.position.revision ?? this.#from) >= this.#to) return [];
    return this.#linked(async ({ reading }) => {
      const { statements, deadlines } = this.#parts;
      this.#chain ??= new ChainReader(await this.#start(reading), corrupt);
      const at = this.#chain.position.revision;
      const statement = statements.between(at, this.#to);
      const { rows } = await askPage(reading, statement, deadlines);
      if (rows.length === 0) throw corrupt(at + 1, 'it is missing');
      return rows.map(([revision, crc, body]) => this.#chain!.read({ revision, crc, body }));
    });
  }

  async #start(session: Session): Promise<LogPosition> {
    if (this.#from === 0) return logStart;
    const { statements, deadlines } = this.#parts;
    const statement = statements.checksum(this.#from);
    const { rows } = await session.ask<[number]>(statement, deadlines.answerMs);
    if (rows[0] === undefined) throw corrupt(this.#from, 'it is missing');
    return { revision: this.#from, crc: rows[0][0] };
  }
}

/** What is no UTF-8 any more is damaged as well. */
const damaged = new Set(['22021', 'XX001', 'XX002']);

export const askPage = async (
  session: Session,
  statement: Statement,
  { answerMs }: Deadlines,
): Promise<{ rows: CommitRow[] }> => {
  try {
    return await session.ask<CommitRow>(statement, answerMs);
  } catch (error) {
    if (!isServerError(error) || !damaged.has(error.code)) throw error;
    throw new LogCorruptError(
      `the log on PostgreSQL is damaged: ${error.message}. Nothing was changed. Restore the ` +
        'database from a backup',
      { cause: error },
    );
  }
};
