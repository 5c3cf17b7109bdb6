/**
 * Where in the log something is: the commits with events of a type, or about a subject. It is kept
 * beside the log, in `index.db`, by a thread of its own that follows the head in quiet moments.
 *
 * It is a convenience. What it does not hold yet, and everything where it cannot be used, is to be
 * looked through; so an answer is the same with it, without it, and however far it is behind.
 */

import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { Fid } from '../../core/values/fid.ts';
import { revision } from '../../core/values/revision.ts';
import type { Revision } from '../../core/values/revision.ts';
import { ownFileSync } from '../../disk/modes.ts';
import type { EventLog } from '../../log/log.ts';
import type { StationLogger } from '../logger.ts';
import type { Cancel, Time } from '../time.ts';

/** The commits after one revision, up to another and with it. */
export interface Stretch {
  readonly after: Revision;
  readonly to: Revision;
}

/**
 * What commits are found by: events with a type or about a subject; about a node, or a process of a node, that was on
 * the host of a name then; or that they may be operations.
 */
export type Term = `type ${string}` | `subject ${string}` | `on ${string}` | 'operation';

export interface IndexSetup {
  readonly path: string;
  readonly logPath: string;
  readonly batchCommits: number;
}

export type IndexRequest =
  | { readonly kind: 'fill'; readonly to: number }
  | {
      readonly kind: 'find';
      readonly terms: readonly Term[];
      readonly after: number;
      readonly to: number;
    }
  | {
      readonly kind: 'latest';
      readonly terms: readonly Term[];
      readonly to: number;
      readonly count: number;
    }
  | { readonly kind: 'newest'; readonly term: Term; readonly to: number; readonly count: number }
  | { readonly kind: 'nodes'; readonly host: string }
  | { readonly kind: 'homes'; readonly processes: readonly string[] }
  | { readonly kind: 'close' };

export type IndexReply =
  /** It holds what the log has up to a revision, and the log's checksum there. */
  | { readonly kind: 'filled'; readonly position: number; readonly crc: number }
  /** All that there are up to `through`. */
  | { readonly kind: 'found'; readonly revisions: readonly number[]; readonly through: number }
  | { readonly kind: 'latest'; readonly revision: number }
  | { readonly kind: 'newest'; readonly revisions: readonly number[] }
  | { readonly kind: 'nodes'; readonly nodes: readonly Fid[] }
  /** A node for each process; null where its addition is not known. */
  | { readonly kind: 'homes'; readonly nodes: readonly (Fid | null)[] }
  /** It is removed; the thread ends. */
  | { readonly kind: 'failed'; readonly message: string };

export interface LogIndexParts {
  /** Without files there is nothing to keep an index beside, and the log is read. */
  readonly log: EventLog;
  readonly directory: string;
  readonly logger: StationLogger;
  readonly time: Time;
  /** Commits that are taken in at a time, in one transaction. */
  readonly batchCommits?: number;
}

const defaultBatchCommits = 500;

/** What SQLite has beside a database. */
export const indexSuffixes = ['', '-wal', '-shm', '-journal'] as const;

/** Between two looks at a head that has not moved, ms. */
const lookMs = 500;
/** Parts of the time that the thread works while commits arrive, and while none do. */
const share = { busy: 0.04, quiet: 0.5 } as const;
/** Memory of the thread, MiB: the largest commit fits. */
const memoryMax = 1024;

export class LogIndex {
  readonly #parts: LogIndexParts;
  readonly #path: string;
  #thread: Worker | null = null;
  /** Requests that the thread has, oldest first. */
  #asked: ((reply: IndexReply | null) => void)[] = [];
  #position = 0;
  /** Once it is made anew; after a second failure it is left alone until the next start. */
  #failures = 0;
  #rest: Cancel | null = null;
  #isClosed = false;

  constructor(parts: LogIndexParts) {
    this.#parts = parts;
    this.#path = join(parts.directory, 'index.db');
    this.#closeToOthers();
  }

  /** Revision up to which commits are found by it. */
  get position(): Revision {
    return revision(this.#position);
  }

  get #isOff(): boolean {
    return this.#isClosed || this.#failures > 1 || this.#parts.log.files === undefined;
  }

  /** Follows the log until it is closed. */
  follow(): void {
    this.#later(lookMs);
  }

  /** Takes in a batch of commits. */
  async fill(): Promise<void> {
    const head = this.#parts.log.head();
    if (this.#position >= head) return;
    const reply = await this.#ask({ kind: 'fill', to: head });
    if (reply?.kind !== 'filled') return;
    const { position, crc } = reply;
    if ((await this.#parts.log.checksum(revision(position))) === crc) this.#position = position;
    // The thread has opened the log by its name, and may have found another file there.
    else await this.#giveUp('it is of another log');
  }

  /**
   * Where events with any of some terms are: every commit with one is in a stretch, in order. A
   * commit without one may be, too.
   */
  async *stretches(
    terms: readonly Term[],
    after: Revision,
    to: Revision,
  ): AsyncGenerator<Stretch, void> {
    let reached: number = after;
    const indexed = Math.min(to, this.#position);
    while (reached < indexed) {
      const reply = await this.#ask({ kind: 'find', terms, after: reached, to: indexed });
      if (reply?.kind !== 'found' || reply.through <= reached) break;
      yield* joined(reply.revisions);
      reached = reply.through;
    }
    if (reached < to) yield { after: revision(reached), to };
  }

  /**
   * A revision up to `to` from which on, and with which, at least `count` commits have events with
   * one of the terms; 0 where none is known.
   */
  async latest(terms: readonly Term[], to: Revision, count: number): Promise<Revision> {
    const indexed = Math.min(to, this.#position);
    if (indexed === 0) return revision(0);
    const reply = await this.#ask({ kind: 'latest', terms, to: indexed, count });
    return revision(reply?.kind === 'latest' ? reply.revision : 0);
  }

  /**
   * The newest commits with a term, newest first: `count` of them, or fewer where there are no more.
   *
   * @param to not beyond its position
   * @returns null where it cannot be used
   */
  async newest(term: Term, to: Revision, count: number): Promise<readonly Revision[] | null> {
    const reply = await this.#ask({ kind: 'newest', term, to, count });
    return reply?.kind === 'newest' ? reply.revisions.map(revision) : null;
  }

  /** The nodes that a host had up to the position, those that are gone too; none where it cannot be used. */
  async nodesOf(host: string): Promise<readonly Fid[]> {
    if (this.#position === 0) return [];
    const reply = await this.#ask({ kind: 'nodes', host });
    return reply?.kind === 'nodes' ? reply.nodes : [];
  }

  /** The node that each of some processes is or was on, as far as it holds their addition. */
  async homesOf(processes: readonly string[]): Promise<readonly (Fid | null)[]> {
    if (this.#position === 0 || processes.length === 0) return processes.map(() => null);
    const reply = await this.#ask({ kind: 'homes', processes });
    return reply?.kind === 'homes' ? reply.nodes : processes.map(() => null);
  }

  /** Lets go of its files and of the log's. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#rest?.();
    const thread = this.#thread;
    if (thread === null) return;
    thread.ref();
    const ended = new Promise((resolve) => thread.once('exit', resolve));
    thread.postMessage({ kind: 'close' } satisfies IndexRequest);
    await ended;
  }

  #later(ms: number): void {
    if (!this.#isOff) this.#rest = this.#parts.time.after(ms, () => void this.#step());
  }

  /** One batch, and then a rest as long as leaves the machine to others. */
  async #step(): Promise<void> {
    const { log, time } = this.#parts;
    const [head, started] = [log.head(), time.monotonic()];
    try {
      await this.fill();
    } catch (error) {
      await this.#giveUp((error as Error).message);
    }
    const took = time.monotonic() - started;
    const part = log.head() > head ? share.busy : share.quiet;
    this.#later(this.#position < log.head() ? took / part - took : lookMs);
  }

  /** @returns null where it cannot be used */
  #ask(request: IndexRequest): Promise<IndexReply | null> {
    const thread = (this.#thread ??= this.#start());
    if (thread === null) return Promise.resolve(null);
    return new Promise((resolve) => {
      this.#asked.push(resolve);
      thread.postMessage(request);
    });
  }

  #start(): Worker | null {
    if (this.#isOff) return null;
    this.#closeToOthers();
    if (this.#isOff) return null;
    // The published package is compiled, so the thread's file ends as this one does.
    const extension = import.meta.url.slice(import.meta.url.lastIndexOf('.'));
    const { log, batchCommits = defaultBatchCommits } = this.#parts;
    const logPath = log.files!.database;
    const workerData: IndexSetup = { path: this.#path, logPath, batchCommits };
    const thread = new Worker(new URL(`./log-index-thread${extension}`, import.meta.url), {
      name: 'log-index',
      workerData,
      resourceLimits: { maxOldGenerationSizeMb: memoryMax },
    });
    thread.on('message', (reply: IndexReply) => {
      if (reply.kind === 'failed') this.#say(reply.message);
      else this.#asked.shift()?.(reply);
    });
    thread.on('error', (error: Error) => this.#say(error.message));
    thread.on('exit', () => this.#ended());
    thread.unref();
    return thread;
  }

  /** What is not this user's file is left alone, and does without. */
  #closeToOthers(): void {
    const narrowed = (path: string, mode: string): void =>
      this.#parts.logger.warn({ path, mode }, 'others could use it; now nobody else can');
    try {
      for (const suffix of indexSuffixes) ownFileSync(this.#path + suffix, narrowed);
    } catch (error) {
      this.#failures = Infinity;
      this.#say((error as Error).message);
    }
  }

  async #giveUp(why: string): Promise<void> {
    this.#say(why);
    await this.#thread?.terminate();
  }

  #ended(): void {
    this.#thread = null;
    this.#position = 0;
    this.#failures += 1;
    const asked = this.#asked;
    this.#asked = [];
    for (const resolve of asked) resolve(null);
  }

  #say(message: string): void {
    const next = this.#failures === 0 ? 'it is made anew' : 'it is left out until the next start';
    this.#parts.logger.warn(
      { path: this.#path },
      `the index of the log cannot be used, and the log is read instead: ${message}; ${next}`,
    );
  }
}

/** Stretches of revisions in order, neighbours in one. */
function* joined(revisions: readonly number[]): Generator<Stretch> {
  for (let i = 0; i < revisions.length;) {
    const after = revisions[i]! - 1;
    let to = after;
    while (revisions[i] === to + 1) to = revisions[i++]!;
    yield { after: revision(after), to: revision(to) };
  }
}
