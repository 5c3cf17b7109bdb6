/** What joins a station to the server that is the primary: a few sessions, all or none. */

import type { Revision } from '../../core/values/revision.ts';
import type { LogPosition } from '../chain.ts';
import { HistoryLostError, LogUnavailableError } from '../log.ts';
import type { Durability } from '../log.ts';
import type { Deadlines } from './deadlines.ts';
import { durabilityOf, ownSynchronousCommit } from './durability.ts';
import type { ServerSettings } from './durability.ts';
import { explained, isServerError, noLogIn, SessionLostError, sqlState } from './failure.ts';
import { Session } from './session.ts';
import type { SessionParts } from './session.ts';
import { barrier, formatVersion, ownSettings, setSynchronousCommit } from './statements.ts';
import { standing, stuckSessions } from './statements.ts';
import type { StandingRow, Statements } from './statements.ts';
import { nameOf } from './url.ts';
import type { PostgresHost } from './url.ts';

/** The oldest server that looks whether who asked is still there. */
const oldestVersion = 14;

export interface LinkParts extends Omit<SessionParts, 'host' | 'connectMs'> {
  readonly statements: Statements;
  readonly deadlines: Deadlines;
}

/** What a station knows of the log when it comes back to it. */
export interface Known {
  /** The last commit that it has seen. */
  readonly end: LogPosition;
  /** Of the server that it saw it on: it grows with every promotion. */
  readonly timeline: number;
}

/** The server goes on without what this station has seen of it, or of the one before it. */
const lostAt = (host: PostgresHost, revision: number): HistoryLostError =>
  new HistoryLostError(revision as Revision, {
    cause: new Error(`${nameOf(host)} does not have that commit as it was read`),
  });

export class Link {
  readonly host: PostgresHost;
  readonly timeline: number;
  /** Appends, and nothing else. */
  readonly writing: Session;
  /** Reads, and is told of what others append. */
  readonly reading: Session;
  #durability: Durability;
  #registers: Promise<Session> | undefined;
  readonly #parts: LinkParts;
  readonly #gone = Promise.withResolvers<SessionLostError>();
  #isGone = false;

  private constructor(
    parts: LinkParts,
    host: PostgresHost,
    { writing, reading, timeline }: Pick<Link, 'writing' | 'reading' | 'timeline'>,
    durability: Durability,
  ) {
    this.#parts = parts;
    this.host = host;
    this.timeline = timeline;
    this.writing = writing;
    this.reading = reading;
    this.#durability = durability;
    for (const session of [writing, reading]) void session.gone.then((why) => this.#end(why));
  }

  /**
   * Joins a host, where it is a primary and has what is known of the log. What is read there is
   * durable from then on.
   *
   * @throws {HistoryLostError} it has not, and is no older than the server where it was seen
   * @throws Error it cannot be used
   */
  static async open(
    parts: LinkParts,
    host: PostgresHost,
    known: Known | undefined,
    statements: Statements,
  ): Promise<Link> {
    const { answerMs } = parts.deadlines;
    const sessions: Session[] = [];
    try {
      const { session: reading, row, durability } = await openSession(parts, host);
      sessions.push(reading);
      const timeline = row[4]!;
      await checkFormat(reading, parts);
      // A server that came back without knowing that another has been promoted.
      if (known && timeline < known.timeline)
        throw new Error('another server has been made the primary in its place');
      const { session: writing } = await openSession(parts, host);
      sessions.push(writing);
      await passBarrier(writing, answerMs);
      await reading.ask(statements.listen, answerMs);
      if (known && !(await has(reading, statements, known.end, answerMs)))
        throw lostAt(host, known.end.revision);
      return new Link(parts, host, { writing, reading, timeline }, durability);
    } catch (error) {
      for (const session of sessions) session.close();
      throw error;
    }
  }

  /** As last looked at. */
  get durability(): Durability {
    return this.#durability;
  }

  /** Resolves with why the sessions are gone, as soon as one of them is. */
  get gone(): Promise<SessionLostError> {
    return this.#gone.promise;
  }

  get isGone(): boolean {
    return this.#isGone || this.writing.isGone || this.reading.isGone;
  }

  /** The session for registers, which has none of the log's work in front of it. */
  registers(): Promise<Session> {
    this.#registers ??= openSession(this.#parts, this.host).then(({ session, row }) => {
      if (row[4] !== this.timeline) session.close('another server has its place');
      if (this.#isGone) session.close();
      void session.gone.then((why) => this.#end(why));
      return session;
    });
    this.#registers.catch(() => (this.#registers = undefined));
    return this.#registers;
  }

  /** Looks again what a commit survives here; the link ends where that is too little. */
  async look(): Promise<void> {
    const { rows } = await this.reading.ask<StandingRow>(standing, this.#parts.deadlines.answerMs);
    try {
      this.#durability = durabilityOf(settingsOf(rows[0]!));
    } catch (error) {
      this.close((error as Error).message);
    }
  }

  /** Everything that was seen until now is durable once this resolves. */
  async confirm(): Promise<void> {
    await passBarrier(this.writing, this.#parts.deadlines.answerMs);
  }

  /** Whether the commit that was seen last is still there as it was. */
  has(end: LogPosition): Promise<boolean> {
    const { statements, deadlines } = this.#parts;
    return has(this.reading, statements, end, deadlines.answerMs);
  }

  lost(revision: number): HistoryLostError {
    return lostAt(this.host, revision);
  }

  close(why = 'it was closed'): void {
    this.#end(new SessionLostError(why));
  }

  #end(why: SessionLostError): void {
    if (this.#isGone) return;
    this.#isGone = true;
    this.#gone.resolve(new SessionLostError(`${nameOf(this.host)}: ${why.message}`));
    for (const session of [this.writing, this.reading]) session.close(why.message);
    void this.#registers?.then((session) => session.close(why.message)).catch(() => undefined);
  }
}

const settingsOf = (row: StandingRow): ServerSettings => ({
  fsync: row[5],
  fullPageWrites: row[6],
  synchronousCommit: row[7],
  synchronousCommitSource: row[8],
  synchronousStandbyNames: row[9],
});

interface Opened {
  readonly session: Session;
  readonly row: StandingRow;
  readonly durability: Durability;
}

/** A session on a primary, set as the log needs it, whatever was set for its role. */
const openSession = async (parts: LinkParts, host: PostgresHost): Promise<Opened> => {
  const { connectMs, answerMs } = parts.deadlines;
  const session = await Session.connect({ ...parts, host, connectMs });
  try {
    const { rows } = await session.ask<StandingRow>(standing, answerMs);
    const row = rows[0]!;
    const [isStandby, isReadOnly, encoding, version] = row;
    if (isStandby) throw new Error('it is a standby');
    if (isReadOnly === 'on')
      throw new Error('it takes no changes (default_transaction_read_only is on)');
    if (version < oldestVersion * 10_000)
      throw new LogUnavailableError(`its PostgreSQL is older than ${oldestVersion}`);
    if (encoding !== 'UTF8')
      throw new LogUnavailableError(
        `the database is kept in ${encoding}: make one with \`create database … encoding 'UTF8' ` +
          'template template0`',
      );
    const durability = durabilityOf(settingsOf(row));
    await session.ask(ownSettings, answerMs);
    const own = ownSynchronousCommit(settingsOf(row));
    if (own !== undefined) await session.ask(setSynchronousCommit(own), answerMs);
    // Each further one would wait for a standby as well, until the server has no connection left.
    const stuck = (await session.ask<[number]>(stuckSessions, answerMs)).rows[0]![0];
    if (stuck > 0)
      throw new Error('it waits for a synchronous standby, and none confirms what it is sent');
    return { session, row, durability };
  } catch (error) {
    session.close();
    throw error;
  }
};

const checkFormat = async (session: Session, parts: LinkParts): Promise<void> => {
  const { statements, deadlines, place } = parts;
  let version: number | undefined;
  try {
    const { rows } = await session.ask<[number]>(statements.format, deadlines.answerMs);
    version = rows[0]?.[0];
  } catch (error) {
    if (!isServerError(error)) throw error;
    const isMissing = [sqlState.noTable, sqlState.noSchema].some((code) => code === error.code);
    if (isMissing) throw noLogIn(place.database, place.schema);
    throw new LogUnavailableError(explained(error), { cause: error });
  }
  if (version === undefined) throw noLogIn(place.database, place.schema);
  if (version > formatVersion)
    throw new LogUnavailableError(
      `the log was made by a newer release (format ${version}, this one knows ${formatVersion}): ` +
        'install that release here',
    );
  if (version < formatVersion)
    throw new LogUnavailableError(
      `the log was made by an older release: run \`halcyon log init --log URL\` to bring it up`,
    );
};

const passBarrier = async (session: Session, ms: number): Promise<void> => {
  const { isWarned } = await session.ask(barrier, ms);
  if (isWarned) throw new SessionLostError('a wait for the synchronous standby was cancelled');
};

const has = async (
  session: Session,
  statements: Statements,
  { revision, crc }: LogPosition,
  ms: number,
): Promise<boolean> => {
  if (revision === 0) return true;
  const { rows } = await session.ask<[number]>(statements.checksum(revision), ms);
  return rows[0]?.[0] === crc;
};
