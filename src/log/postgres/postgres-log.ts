/**
 * The log on PostgreSQL servers: a row for each commit, in a table that several stations may have
 * open at once. A commit is appended behind its predecessor by a statement that sees to it that this
 * is still there with its checksum, so that nobody can append to another history than he has read.
 */

import type { Commit } from '../../core/events/commit.ts';
import type { Revision } from '../../core/values/revision.ts';
import { Appends } from '../appends.ts';
import type { AppendLimits } from '../appends.ts';
import { ChainReader, logStart } from '../chain.ts';
import type { LogPosition } from '../chain.ts';
import type { WaitingCommit } from '../commit-queue.ts';
import {
  AppendFailedError,
  LogCorruptError,
  LogUnavailableError,
  OutcomeUnknownError,
  RevisionConflictError,
} from '../log.ts';
import type { CommitListener, Durability, EventLog, LogLimits } from '../log.ts';
import type { RegisterName, SharedLog } from '../register.ts';
import { Subscriptions } from '../subscriptions.ts';
import { encodeBatch } from './batch.ts';
import type { EncodedBatch } from './batch.ts';
import { answerMsFor } from './deadlines.ts';
import { explained, isServerError, SessionLostError, sqlState } from './failure.ts';
import { postgresPace } from './limits.ts';
import type { Link, LinkParts } from './link.ts';
import { Links } from './links.ts';
import { askPage, corrupt, Pages, sizeOf } from './pages.ts';
import { PagedReading } from './paging.ts';
import { PostgresRegister } from './register.ts';
import type { Statement } from './session.ts';

/** Looks for others' commits between two looks how large the log is. */
const looksPerSize = 60;
/** How often a page is asked for where one connection after the other is lost. */
const attemptsMax = 3;

/** Commits that follow what was known, and where they begin and end. */
interface Found {
  readonly commits: readonly Commit[];
  readonly start: LogPosition;
  readonly end: LogPosition;
}

export class PostgresLog implements EventLog {
  readonly limits: LogLimits;
  readonly files = undefined;
  readonly shared: SharedLog;
  groups = 0;
  readonly #parts: LinkParts;
  readonly #links: Links;
  readonly #appends: Appends;
  readonly #subscriptions: Subscriptions;
  /** The last commit that is known to be durable. */
  #position: LogPosition;
  /** Up to here, commits may be kept although nobody was told, or may come late. */
  #doubtful = 0;
  /** What the log has ended with, where it cannot be used any more. */
  #ended: Error | undefined;
  #looking: Promise<void> | undefined;
  #isLookDue = false;
  #looks = 0;
  #cancelLook: () => void = () => undefined;
  #size: number;
  #closing: Promise<void> | undefined;
  #closed = false;

  constructor(
    parts: LinkParts,
    limits: AppendLimits,
    link: Link,
    { end, size }: { readonly end: LogPosition; readonly size: number },
  ) {
    this.#parts = parts;
    this.limits = limits;
    this.#position = end;
    this.#size = size;
    this.#appends = new Appends({
      limits,
      pace: postgresPace,
      durable: end.revision,
      send: (commits) => void this.#send(commits),
      publish: (commit) => this.#subscriptions.publish(commit),
    });
    this.#subscriptions = new Subscriptions(
      (from) => this.#reading(from, this.head(), 'ever'),
      () => this.head(),
    );
    this.#links = new Links(
      {
        ...parts,
        known: () => ({ end: this.#position, timeline: this.#links.last.timeline }),
        joined: (joined) => this.#follow(joined),
        lost: (error) => this.#end(error),
      },
      link,
    );
    const trouble = (): string | undefined => this.#ended?.message ?? this.#links.trouble;
    this.shared = {
      get trouble() {
        return trouble();
      },
      register: (name) => this.#register(name),
    };
    this.#follow(link);
    this.#lookLater();
  }

  get durability(): Durability {
    return this.#links.last.durability;
  }

  head(): Revision {
    return this.#appends.durable as Revision;
  }

  append(commit: Commit, expected: Revision): Promise<void> {
    if (this.#ended) return Promise.reject(this.#ended);
    if (this.#closing) return Promise.reject(this.#notKept('the log is closed')(commit));
    return this.#appends.issue(commit, expected);
  }

  read(from: Revision, to = this.head()): AsyncIterableIterator<Commit> {
    this.#mustBeOpen();
    return this.#reading(from, Math.min(to, this.head()), 'now');
  }

  subscribe(from: Revision, listener: CommitListener, failed?: (error: Error) => void): () => void {
    this.#mustBeOpen();
    return this.#subscriptions.subscribe(from, listener, failed);
  }

  async checksum(revision: Revision): Promise<number | undefined> {
    this.#mustBeOpen();
    if (revision > this.head()) return undefined;
    if (revision === 0) return logStart.crc;
    if (revision === this.#position.revision) return this.#position.crc;
    const statement = this.#parts.statements.checksum(revision);
    const { rows } = await this.#asked<[number]>(statement);
    if (rows[0] === undefined) throw corrupt(revision, 'it is missing');
    return rows[0][0];
  }

  async revisionAt(time: number): Promise<Revision> {
    this.#mustBeOpen();
    const statement = this.#parts.statements.revisionAt(time, this.head());
    const { rows } = await this.#asked<[number]>(statement);
    if (rows[0] === undefined) throw corrupt(this.head(), 'a commit before it is missing');
    return rows[0][0] as Revision;
  }

  size(): number {
    return this.#size;
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    await this.#appends.drain();
    this.#closed = true;
    this.#cancelLook();
    this.#subscriptions.close();
    this.#links.close();
  }

  #mustBeOpen(): void {
    if (this.#ended) throw this.#ended;
    if (this.#closed) throw new LogUnavailableError('the log is closed');
  }

  #register(name: RegisterName): PostgresRegister {
    const check = (): void => this.#mustBeOpen();
    return new PostgresRegister({ ...this.#parts, name, links: this.#links, check });
  }

  async #asked<Row extends readonly unknown[]>(statement: Statement): Promise<{ rows: Row[] }> {
    const { answerMs } = this.#parts.deadlines;
    return this.#linked('now')(({ reading }) => reading.ask<Row>(statement, answerMs));
  }

  /**
   * Does some work of reading, and does it again with the next link where one is lost meanwhile.
   *
   * @param patience `now`: fails where the servers cannot be reached; `ever`: waits until they can
   */
  #linked(patience: 'now' | 'ever'): <T>(work: (link: Link) => Promise<T>) => Promise<T> {
    return async (work) => {
      for (let attempts = 1; ; attempts += 1) {
        this.#mustBeOpen();
        try {
          const link = await (patience === 'now' ? this.#links.now() : this.#links.some());
          return await work(link);
        } catch (error) {
          this.#mustBeOpen();
          const isLost = error instanceof SessionLostError;
          if (isLost && (patience === 'ever' || attempts < attemptsMax)) continue;
          if (error instanceof LogCorruptError || error instanceof LogUnavailableError) throw error;
          throw new LogUnavailableError(`the log cannot be read: ${explained(error)}`, {
            cause: error,
          });
        }
      }
    };
  }

  #reading(from: number, to: number, patience: 'now' | 'ever'): PagedReading {
    const pages = new Pages(this.#parts, this.#linked(patience), from, Math.max(to, from));
    return new PagedReading(
      () => pages.next(),
      () => this.#mustBeOpen(),
    );
  }

  /** Takes a batch to the server, and settles or rejects what is in it. */
  async #send(commits: readonly WaitingCommit[]): Promise<void> {
    let link: Link;
    try {
      link = await this.#links.now();
      if (this.#ended) throw this.#ended;
    } catch (error) {
      const failed = this.#ended ? () => this.#ended! : this.#notKept(explained(error), error);
      return this.#appends.fail(failed, failed);
    }
    const { statements, deadlines } = this.#parts;
    const batch = encodeBatch(statements, this.#position, commits);
    try {
      const ms = answerMsFor(deadlines, batch.bytes);
      const { rows, isWarned } = await link.writing.ask<[number]>(batch.statement, ms);
      const [count] = rows[0]!;
      if (isWarned) {
        // The server has it, and a failover may still lose it: nothing is believed of this link.
        link.close('a wait for the synchronous standby was cancelled');
        throw new SessionLostError('the wait for the synchronous standby was cancelled');
      }
      if (count !== commits.length) await this.#lookWhatIsThere(link, batch);
      else this.#settle(batch);
    } catch (error) {
      await this.#failed(link, batch, error);
    }
  }

  #settle({ end }: EncodedBatch): void {
    this.#position = end;
    this.#doubtful = 0;
    this.groups += 1;
    this.#appends.settle(end.revision);
  }

  async #failed(link: Link, batch: EncodedBatch, error: unknown): Promise<void> {
    if (this.#ended) return;
    if (isServerError(error)) {
      if (error.code === sqlState.uniqueViolation) {
        try {
          return await this.#lookWhatIsThere(link, batch);
        } catch (cause) {
          return this.#doubt(batch, cause);
        }
      }
      if (error.code === sqlState.readOnly) link.close('it is no primary any more');
      const failed = this.#notKept(explained(error), error);
      return this.#appends.fail(failed, failed);
    }
    this.#doubt(batch, error);
  }

  /** What became of a batch is not known; what waits behind it was never sent. */
  #doubt({ end }: EncodedBatch, cause: unknown): void {
    if (this.#ended) return;
    this.#doubtful = Math.max(this.#doubtful, end.revision);
    const notKept = this.#notKept('the commits before it are in doubt', cause);
    this.#appends.fail(() => unknown(cause), notKept);
    this.#look();
  }

  /** Where a first attempt is in doubt, a second one that fails says nothing of the first. */
  #notKept(why: string, cause?: unknown): (commit: Commit) => Error {
    return (commit) =>
      commit.revision <= this.#doubtful
        ? unknown(cause ?? new Error(why))
        : new AppendFailedError(`PostgreSQL did not keep the commit: ${why}`, { cause });
  }

  /** Another's commit is in the place of a batch, or its predecessor is not there. */
  async #lookWhatIsThere(link: Link, batch: EncodedBatch): Promise<void> {
    // It may be our own of an earlier attempt, which was given up before a standby had it.
    await link.confirm();
    const found = await this.#beyond(link);
    if (found.commits.length === 0 && !(await link.has(found.start)))
      this.#end(link.lost(found.start.revision));
    if (this.#ended) return;
    if (found.commits.length === 0)
      return this.#doubt(batch, new Error('the server does not say what is in their place'));
    this.#accept(found);
    this.#look();
  }

  /** A page of commits after the last that is known. Where they do not follow it, the log has ended. */
  async #beyond(link: Link): Promise<Found> {
    const { statements, deadlines } = this.#parts;
    const start = this.#position;
    const statement = statements.after(start.revision);
    const { rows } = await askPage(link.reading, statement, deadlines);
    const chain = new ChainReader(start, corrupt);
    try {
      const commits = rows.map(([revision, crc, body]) => chain.read({ revision, crc, body }));
      return { commits, start, end: chain.position };
    } catch (error) {
      this.#end((await link.has(start)) ? (error as Error) : link.lost(start.revision));
      return { commits: [], start, end: start };
    }
  }

  /** Goes on behind what others have appended; what was issued here is in conflict with it. */
  #accept({ commits, end }: Found): void {
    const conflict = (commit: Commit): Error =>
      new RevisionConflictError((commit.revision - 1) as Revision, end.revision as Revision);
    // Who hears of the conflict hears it in a later turn, and finds the head where it says.
    this.#appends.fail(conflict, conflict);
    this.#position = end;
    this.#doubtful = 0;
    for (const commit of commits) this.#appends.accept(commit);
  }

  #follow(link: Link): void {
    link.reading.notified = (from, payload) => {
      const isKnown = from === link.writing.processId || Number(payload) <= this.head();
      if (!isKnown) this.#look();
    };
    this.#look();
  }

  #lookLater(): void {
    this.#cancelLook = this.#parts.timers.after(this.#parts.deadlines.lookMs, () => {
      if (this.#closed || this.#ended) return;
      const { last } = this.#links;
      const looked = last.isGone ? Promise.resolve() : this.#lookAround(last);
      void looked.catch(() => undefined).finally(() => this.#lookLater());
    });
  }

  async #lookAround(link: Link): Promise<void> {
    await link.look();
    this.#looks += 1;
    if (this.#looks % looksPerSize === 0) this.#size = await sizeOf(this.#parts, link);
    this.#look();
  }

  /** Takes what others have appended; while commits of ours are on their way, those tell. */
  #look(): void {
    this.#isLookDue = true;
    this.#looking ??= this.#lookBeyond()
      .catch(() => undefined)
      .finally(() => (this.#looking = undefined));
  }

  async #lookBeyond(): Promise<void> {
    while (this.#isLookDue) {
      const { last: link } = this.#links;
      if (!this.#mayLook || link.isGone) return;
      this.#isLookDue = false;
      const found = await this.#beyond(link);
      // What was appended here meanwhile is in the page, or not.
      if (found.commits.length === 0 || !this.#mayLook) continue;
      this.#isLookDue = true;
      if (found.start === this.#position) this.#accept(found);
    }
  }

  get #mayLook(): boolean {
    return !this.#closed && !this.#ended && !this.#appends.hasSent;
  }

  /** The log cannot be used any more. */
  #end(error: Error): void {
    if (this.#ended || this.#closed) return;
    this.#ended = error;
    this.#cancelLook();
    this.#links.close();
    this.#appends.fail(
      () => error,
      () => error,
    );
    this.#subscriptions.fail(error);
  }
}

const unknown = (cause: unknown): OutcomeUnknownError =>
  new OutcomeUnknownError(
    `nobody knows whether PostgreSQL has kept the commit: ${explained(cause)}`,
    { cause },
  );
