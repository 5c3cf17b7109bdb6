/** Opening the mirror of a shared log: compared with the engine, mended or made anew. */

import { closeSync, existsSync, openSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Revision } from '../../core/values/revision.ts';
import type { Narrowed } from '../../disk/modes.ts';
import { copyCommits } from '../copying.ts';
import { AppendFailedError, LogCorruptError, LogUnavailableError } from '../log.ts';
import type { EventLog, LogOnServers } from '../log.ts';
import { holdLog, logFiles } from '../sqlite/files.ts';
import type { LogFiles } from '../sqlite/files.ts';
import { openSqliteLog } from '../sqlite/sqlite-log.ts';
import { mirrorPace } from './feed.ts';
import type { MirrorPace } from './feed.ts';
import { MirroredLog } from './mirrored-log.ts';

/** What opening a log tells; a station's logger fits. */
export interface MirrorNews {
  info(details: object, message: string): void;
  warn(details: object, message: string): void;
}

export interface MirroredLogOptions {
  /** Closed with the log, and when it cannot be opened. */
  readonly engine: LogOnServers;
  /** Of the station; the mirror is in `mirror` in it, which may be removed while nobody has it open. */
  readonly directory: string;
  readonly news: MirrorNews;
  /** What of the mirror is verified. */
  readonly verify?: 'tail' | 'full';
  /** Told of what others could use of the mirror until now. */
  readonly narrowed?: Narrowed;
  readonly pace?: Partial<MirrorPace>;
}

/**
 * Opens a shared log with its mirror, which has by then what the engine has.
 *
 * @throws {LogLockedError} the mirror is open already
 * @throws {LogUnavailableError} the engine cannot be reached, or the mirror not be written
 * @throws {LogCorruptError} what the engine has is not what was written
 */
export async function openMirroredLog(options: MirroredLogOptions): Promise<EventLog> {
  const { engine } = options;
  const opening = new Opening(options);
  try {
    return await opening.open();
  } catch (error) {
    await opening.close();
    await engine.close().catch(() => undefined);
    if (!(error instanceof AppendFailedError)) throw error;
    throw new LogUnavailableError(error.message, { cause: error });
  }
}

class Opening {
  readonly #options: MirroredLogOptions;
  readonly #directory: string;
  readonly #condemned: string;
  readonly #pace: MirrorPace;
  #mirror: EventLog | undefined;
  #log: MirroredLog | undefined;
  /** Why the mirror is of no use, where that was told before there was a log. */
  #displaced: string | undefined;

  constructor(options: MirroredLogOptions) {
    this.#options = options;
    this.#directory = join(options.directory, 'mirror');
    this.#condemned = join(this.#directory, 'condemned');
    this.#pace = { ...mirrorPace, ...options.pace };
  }

  async open(): Promise<EventLog> {
    const { engine } = this.#options;
    const mirror = await this.#openMatching();
    await this.#readMissing(mirror);
    const condemn = (): void => this.#condemn();
    this.#log = new MirroredLog({ engine, mirror, condemn, pace: this.#pace });
    if (this.#displaced !== undefined) this.#log.lose(new Error(this.#displaced));
    return this.#log;
  }

  async close(): Promise<void> {
    await this.#mirror?.close();
  }

  /** A mirror that has nothing but what the engine has. */
  async #openMatching(): Promise<EventLog> {
    const found = await this.#openFound();
    if (found === undefined) return this.#openMirror();
    const wrong = await this.#mismatch(found);
    if (wrong === undefined) return found;
    await found.close();
    this.#throwAway(wrong);
    return this.#openMirror();
  }

  /** What is there; undefined where it was of no use and is thrown away. */
  async #openFound(): Promise<EventLog | undefined> {
    if (existsSync(this.#condemned)) {
      this.#throwAway('what was read from it was damaged');
      return undefined;
    }
    try {
      return await this.#openMirror();
    } catch (error) {
      if (!isOfContent(error)) throw error;
      this.#throwAway(error.message);
      return undefined;
    }
  }

  async #openMirror(): Promise<EventLog> {
    const { engine, verify, narrowed } = this.#options;
    const { commitCharacters } = engine.limits;
    this.#mirror = await openSqliteLog({
      directory: this.#directory,
      ...(verify && { verify }),
      ...(narrowed && { narrowed }),
      limits: { commitCharacters },
      isSynced: false,
      displaced: (trouble) => {
        this.#displaced = trouble;
        this.#log?.lose(new Error(trouble));
      },
    });
    return this.#mirror;
  }

  /** What of a mirror is not the engine's; undefined where all is. */
  async #mismatch(mirror: EventLog): Promise<string | undefined> {
    const at = mirror.head();
    const [here, there] = [await mirror.checksum(at), await this.#options.engine.checksum(at)];
    if (here === there) return undefined;
    return there === undefined
      ? `it goes to revision ${at}, and the log to ${this.#options.engine.head()}`
      : `at revision ${at} the log has something else`;
  }

  /** Only what is known to be a mirror's, and only while nobody else has it. */
  #throwAway(why: string): void {
    const { news } = this.#options;
    news.warn({ mirror: this.#directory }, `the mirror is thrown away, and read anew: ${why}`);
    const files = logFiles(this.#directory);
    const release = hold(files);
    try {
      const { database, writeAhead, sharedMemory, head } = files;
      for (const path of [database, writeAhead, sharedMemory, head, this.#condemned])
        rmSync(path, { force: true });
    } catch (error) {
      throw new LogUnavailableError(
        `the mirror ${this.#directory} cannot be removed: ${(error as Error).message}`,
        { cause: error },
      );
    } finally {
      release();
    }
  }

  #condemn(): void {
    try {
      closeSync(openSync(this.#condemned, 'a', 0o600));
    } catch {
      // The disk has gone with it; what is there then is looked at by the next open.
    }
  }

  async #readMissing(mirror: EventLog): Promise<void> {
    const { engine, news } = this.#options;
    const { saidEvery } = this.#pace;
    const from = mirror.head();
    let said: number = from;
    const say = (revision: Revision): void => {
      if (revision - said < saidEvery) return;
      said = revision;
      const of = engine.head();
      news.info({ revision, of }, `the mirror is read: revision ${revision} of ${of}`);
    };
    const missing = engine.head() - from;
    if (missing >= saidEvery)
      news.info({ revision: from, of: engine.head() }, `the mirror lacks ${missing} commits`);
    await copyCommits(engine, mirror, say);
    if (missing > 0 && (await this.#mismatch(mirror)) !== undefined)
      throw new LogUnavailableError('the log has changed while it was read; start again');
    if (missing > 0)
      news.info({ revision: mirror.head() }, `the mirror has all ${missing} it lacked`);
  }
}

/**
 * Whether an open failed for what is there: damage, another release's, a lock that is none. A disk
 * that is full, or closed, says nothing of it.
 */
function isOfContent(error: unknown): error is LogCorruptError | LogUnavailableError {
  if (error instanceof LogCorruptError) return true;
  if (!(error instanceof LogUnavailableError)) return false;
  const { cause } = error;
  return !(cause instanceof Error && ('syscall' in cause || 'errcode' in cause));
}

/** A lock that is no lock any more is nobody's. */
function hold(files: LogFiles): () => void {
  try {
    return holdLog(files).release;
  } catch (error) {
    if (!isOfContent(error)) throw error;
    rmSync(files.lock, { force: true });
    return () => undefined;
  }
}
