/**
 * A shared log with a mirror of it in front: a SQLite log in a directory of this machine. What is
 * appended goes to the engine, comes back from it like what others append, and is acknowledged when
 * it is in both. All reading is of the mirror.
 *
 * The mirror promises nothing; the engine does. What becomes of it when it cannot be kept, or when
 * the engine has lost what is in it, is `lost`: the next start reads it anew.
 */

import type { Commit } from '../../core/events/commit.ts';
import type { Revision } from '../../core/values/revision.ts';
import { AppendFailedError, LogCorruptError, OutcomeUnknownError } from '../log.ts';
import type {
  CommitListener,
  Durability,
  EmbeddedFiles,
  EventLog,
  LogLimits,
  LogOnServers,
} from '../log.ts';
import type { Register, RegisterName, SharedLog } from '../register.ts';
import { Feed } from './feed.ts';
import type { MirrorPace } from './feed.ts';

/** A commit that is durable at the engine, and on the way into the mirror. */
interface Waiting {
  readonly revision: Revision;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

/** A subscription, to be ended with the log. */
interface Subscribed {
  readonly end: () => void;
  readonly failed: ((error: Error) => void) | undefined;
}

export interface MirroredParts {
  readonly engine: LogOnServers;
  /** It has what the engine had, up to its head. */
  readonly mirror: EventLog;
  /** Makes the next open throw the mirror away; must not throw. */
  readonly condemn: () => void;
  readonly pace: MirrorPace;
}

export class MirroredLog implements EventLog {
  readonly files: EmbeddedFiles | undefined;
  readonly shared: SharedLog;
  readonly #parts: MirroredParts;
  readonly #feed: Feed;
  readonly #subscribed = new Set<Subscribed>();
  readonly #loss = Promise.withResolvers<Error>();
  /** In the order of their revisions. */
  #waiting: Waiting[] = [];
  /** Appends that have not settled, and whoever waits for them. */
  #appending = 0;
  #settled: (() => void) | undefined;
  /** Up to which commits were given to the engine. */
  #sent = 0;
  #lost: Error | undefined;
  #closing: Promise<void> | undefined;

  constructor(parts: MirroredParts) {
    const { engine, mirror, pace } = parts;
    this.#parts = parts;
    this.files = mirror.files;
    this.shared = {
      get trouble() {
        return engine.shared.trouble;
      },
      register: (name: RegisterName): Register => engine.shared.register(name),
      lost: this.#loss.promise,
    };
    this.#feed = new Feed({
      ...{ engine, mirror, pace },
      reached: (revision) => this.#reached(revision),
      failed: (error) => this.lose(error),
    });
  }

  get durability(): Durability {
    return this.#parts.engine.durability;
  }

  get limits(): LogLimits {
    return this.#parts.engine.limits;
  }

  get groups(): number {
    return this.#parts.engine.groups;
  }

  head(): Revision {
    return this.#parts.mirror.head();
  }

  append(commit: Commit, expected: Revision): Promise<void> {
    if (this.#closing !== undefined)
      return Promise.reject(new AppendFailedError('the log is closed'));
    if (this.#lost !== undefined) return Promise.reject(this.#refusal(commit, this.#lost));
    this.#sent = Math.max(this.#sent, commit.revision);
    this.#appending += 1;
    const kept = this.#parts.engine.append(commit, expected);
    return kept
      .then(() => this.#mirrored(commit.revision))
      .finally(() => {
        this.#appending -= 1;
        if (this.#appending === 0) this.#settled?.();
      });
  }

  /** The engine may have what was given to it, whatever has become of the mirror. */
  #refusal(commit: Commit, cause: Error): Error {
    const what = `the log ended: ${cause.message}`;
    return commit.revision <= this.#sent
      ? new OutcomeUnknownError(what, { cause })
      : new AppendFailedError(what, { cause });
  }

  /** Resolves when the mirror has come to a revision. */
  async #mirrored(revision: Revision): Promise<void> {
    if (this.head() >= revision) return;
    if (this.#lost !== undefined) throw unmirrored(this.#lost);
    await new Promise<void>((resolve, reject) => this.#waiting.push({ revision, resolve, reject }));
  }

  #reached(revision: Revision): void {
    let count = 0;
    for (const waiting of this.#waiting) {
      if (waiting.revision > revision) break;
      waiting.resolve();
      count += 1;
    }
    if (count > 0) this.#waiting.splice(0, count);
  }

  read(from: Revision, to?: Revision): AsyncIterableIterator<Commit> {
    return new Watched(this.#parts.mirror.read(from, to), (error) => this.#judge(error));
  }

  subscribe(from: Revision, listener: CommitListener, failed?: (error: Error) => void): () => void {
    const { mirror } = this.#parts;
    const end = mirror.subscribe(from, listener, (error) => {
      this.#subscribed.delete(subscribed);
      this.#judge(error);
      if (failed === undefined) throw error;
      failed(error);
    });
    const subscribed: Subscribed = { end, failed };
    if (this.#lost === undefined) this.#subscribed.add(subscribed);
    else this.#end(subscribed, this.#lost);
    return () => {
      this.#subscribed.delete(subscribed);
      end();
    };
  }

  async checksum(revision: Revision): Promise<number | undefined> {
    return this.#parts.mirror.checksum(revision);
  }

  async revisionAt(time: number): Promise<Revision> {
    return this.#parts.mirror.revisionAt(time);
  }

  size(): number {
    return this.#parts.engine.size();
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    const { engine, mirror } = this.#parts;
    if (this.#appending > 0) await new Promise<void>((resolve) => (this.#settled = resolve));
    this.#feed.end();
    this.#subscribed.clear();
    await Promise.all([engine.close(), mirror.close()]);
  }

  /** The mirror cannot be kept, or has what is not in the engine any more: nothing goes on. */
  lose(error: Error): void {
    if (this.#lost !== undefined) return;
    this.#lost = error;
    this.#feed.end();
    for (const { reject } of this.#waiting.splice(0)) reject(unmirrored(error));
    for (const subscribed of this.#subscribed) this.#end(subscribed, error);
    this.#loss.resolve(error);
  }

  #end(subscribed: Subscribed, error: Error): void {
    this.#subscribed.delete(subscribed);
    subscribed.end();
    queueMicrotask(() => {
      if (subscribed.failed === undefined) throw error;
      subscribed.failed(error);
    });
  }

  /** What is damaged in the middle may not be seen by the next open. */
  #judge(error: unknown): void {
    if (!(error instanceof LogCorruptError)) return;
    this.#parts.condemn();
    this.lose(error);
  }
}

const unmirrored = (cause: Error): OutcomeUnknownError =>
  new OutcomeUnknownError(`it is durable, and cannot be read here: ${cause.message}`, { cause });

/** A reading whose failure is told. */
class Watched implements AsyncIterableIterator<Commit> {
  readonly #commits: AsyncIterableIterator<Commit>;
  readonly #failed: (error: unknown) => void;

  constructor(commits: AsyncIterableIterator<Commit>, failed: (error: unknown) => void) {
    this.#commits = commits;
    this.#failed = failed;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async next(): Promise<IteratorResult<Commit>> {
    try {
      return await this.#commits.next();
    } catch (error) {
      this.#failed(error);
      throw error;
    }
  }

  async return(): Promise<IteratorResult<Commit>> {
    await this.#commits.return?.();
    return { done: true, value: undefined };
  }
}
