/** Opening the log on PostgreSQL. */

import { randomBytes } from 'node:crypto';
import type { AppendLimits } from '../appends.ts';
import { LogCorruptError, LogUnavailableError } from '../log.ts';
import type { EventLog } from '../log.ts';
import { systemTimers } from '../timers.ts';
import type { Timers } from '../timers.ts';
import { deadlines as ownDeadlines } from './deadlines.ts';
import type { Deadlines } from './deadlines.ts';
import { explained } from './failure.ts';
import { postgresLogLimits } from './limits.ts';
import type { LinkParts } from './link.ts';
import { joinPrimary } from './links.ts';
import { corrupt, Pages, sizeOf } from './pages.ts';
import { PostgresLog } from './postgres-log.ts';
import { Statements } from './statements.ts';
import { parsePlace } from './url.ts';

export interface PostgresLogOptions {
  /** What follows `postgres:` in the URL. */
  readonly place: string;
  /** What is verified before the log opens: the last 1,000 commits (default) or all. */
  readonly verify?: 'tail' | 'full';
  readonly limits?: Partial<AppendLimits>;
  readonly deadlines?: Partial<Deadlines>;
  readonly timers?: Timers;
}

/** Commits that are verified before the log opens. */
const tailCommits = 1000;

/**
 * Opens the log in a database that `halcyon log init` has made ready.
 *
 * @throws {LogUrlError} the URL is written otherwise, or holds a password
 * @throws {LogUnavailableError} no server can be used; says why of each
 * @throws {LogCorruptError} it is not as it was written
 */
export async function openPostgresLog(options: PostgresLogOptions): Promise<EventLog> {
  const place = parsePlace(options.place);
  const deadlines = { ...ownDeadlines, ...options.deadlines };
  const timers = options.timers ?? systemTimers;
  const statements = new Statements(place.schema);
  const name = `halcyon ${randomBytes(4).toString('hex')}`;
  const parts: LinkParts = { place, deadlines, timers, statements, name };
  const link = await joinPrimary(parts);
  try {
    const { rows } = await link.reading.ask<[number, number]>(statements.end, deadlines.answerMs);
    const [revision, crc] = rows[0] ?? [0, 0];
    const end = { revision, crc };
    const from = options.verify === 'full' ? 0 : Math.max(0, revision - tailCommits);
    const pages = new Pages(parts, async (work) => work(link), from, revision);
    while ((await pages.next()).length > 0);
    if (pages.end.crc !== crc) throw corrupt(revision, 'it is missing');
    const limits = { ...postgresLogLimits, ...options.limits };
    return new PostgresLog(parts, limits, link, { end, size: await sizeOf(parts, link) });
  } catch (error) {
    link.close();
    if (error instanceof LogCorruptError) throw error;
    throw new LogUnavailableError(`the log cannot be read: ${explained(error)}`, { cause: error });
  }
}
