/**
 * Takes commands through the engine into the log.
 *
 * The engine decides at once, on a graph that may be ahead of the disk; the answer waits until the
 * log has the commit. When the log cannot keep it, everything that is not durable is taken back and
 * every waiting caller is told. When the log cannot say whether it has kept it, nothing is decided
 * until it can.
 *
 * In a log that several stations have, another's commit may take the place of one that was decided
 * here. That and all behind it is taken back then, before anything else is decided; whoever has asked
 * for it is told that this station does not lead, when the log has answered.
 */

import type { Command } from '../../core/commands/index.ts';
import type { Engine, Submission } from '../../core/engine.ts';
import type { Commit, EventRecord } from '../../core/events/commit.ts';
import type { Graph } from '../../core/graph/graph.ts';
import type { Refused } from '../../core/values/rejection.ts';
import { revision } from '../../core/values/revision.ts';
import type { Revision } from '../../core/values/revision.ts';
import { bodyOf } from '../../log/chain.ts';
import {
  LogBusyError,
  LogCorruptError,
  OutcomeUnknownError,
  RevisionConflictError,
} from '../../log/log.ts';
import type { EventLog } from '../../log/log.ts';
import { commitAt } from '../../log/reading.ts';
import type { MakeReply, Result } from '../result.ts';
import { Doubts } from './doubts.ts';
import type { DoubtsParts } from './doubts.ts';

/** How many replies to requests with an idempotency key are kept at hand. */
const repliesKept = 1024;
/** The reply to a larger commit is too large to be kept; it is made again from the log. */
const eventsOfKept = 200;

export interface SubmitterParts {
  readonly engine: Engine;
  readonly log: EventLog;
  /** Wall clock, ms since the epoch. */
  readonly now: () => number;
  /** The graph as it was at a revision, for a reply that is no longer at hand. */
  readonly graphAt: (revision: Revision, actor: string) => Promise<Graph>;
  /** Resolves after so many ms, or at once where the signal is aborted. */
  readonly pause: DoubtsParts['pause'];
  /** Never jumps, ms. */
  readonly monotonic: () => number;
  /** Told when another's commit is in the place of one that was decided here, which is taken back. */
  readonly displaced: () => void;
  /** What whoever asked for such a one is told. */
  readonly notLeading: () => Error;
}

/** How an append went. */
export interface Appended {
  /** From the decision to the answer of the log. */
  readonly ms: number;
  /** Whether the log has it for sure. */
  readonly isKept: boolean;
}

/** How long a caller waits for the fate of a commit that is in doubt, ms. */
const patienceMs = 5000;

/** A submission before it is timed. */
export type Untimed = Omit<Submission, 'at'>;

export class Submitter {
  readonly #engine: Engine;
  readonly #log: EventLog;
  readonly #now: () => number;
  readonly #graphAt: SubmitterParts['graphAt'];
  readonly #doubts: Doubts;
  readonly #pause: DoubtsParts['pause'];
  readonly #monotonic: () => number;
  readonly #watchers: ((appended: Appended) => void)[] = [];
  readonly #displaced: () => void;
  readonly #notLeading: () => Error;
  #lastAppend: Promise<void> = Promise.resolve();
  /** How often others' commits were in the place of those that were decided here. */
  #displacements = 0;
  readonly #replies = new Map<string, unknown>();
  /** By actor, the last retry whose answer is being made again. */
  readonly #retries = new Map<string, Promise<void>>();

  constructor(parts: SubmitterParts) {
    const { engine, log, now, graphAt, pause, monotonic } = parts;
    this.#displaced = parts.displaced;
    this.#notLeading = parts.notLeading;
    this.#engine = engine;
    this.#log = log;
    this.#now = now;
    this.#graphAt = graphAt;
    this.#pause = pause;
    this.#monotonic = monotonic;
    const isPending = (commit: Commit): boolean => engine.pending(commit.revision) === commit;
    const takeBack = (commit: Commit, why: unknown): void => void this.#takeBack(commit, why);
    this.#doubts = new Doubts({ log, pause, isPending, takeBack });
  }

  /** Tells of every append from now on. */
  watch(watcher: (appended: Appended) => void): void {
    this.#watchers.push(watcher);
  }

  /** Commits decided and not durable yet. */
  get waiting(): number {
    return Math.max(0, this.#engine.head - this.#log.head());
  }

  /**
   * Resolves once everything the graph shows is durable. A read that was taken before may then be
   * given out: what it shows cannot vanish any more.
   *
   * @throws what the log failed with: the read may have shown what does not exist
   */
  settled(): Promise<void> | undefined {
    const isSettled = this.#log.shared
      ? !this.#engine.hasPending
      : this.#engine.head === this.#log.head();
    return isSettled ? undefined : this.#lastAppend;
  }

  /** Applies a commit that the log has brought: its own is in the graph already. */
  take(commit: Commit): void {
    const own = this.#engine.pending(commit.revision);
    if (own && (own === commit || bodyOf(own) === bodyOf(commit)))
      return this.#engine.confirm(commit.revision);
    if (commit.revision <= this.#engine.head && !own) return;
    if (own) this.#displace(own);
    if (commit.revision !== this.#engine.head + 1)
      throw new LogCorruptError(
        `revision ${commit.revision} follows ${this.#engine.head} in what the log brings`,
      );
    this.#engine.replay(commit);
  }

  /** @returns whether it was to be taken back yet */
  #takeBack(commit: Commit, why: unknown): boolean {
    if (this.#engine.pending(commit.revision) !== commit) return false;
    if (this.#log.shared && why instanceof RevisionConflictError) this.#displace(commit);
    else this.#engine.rollBack(commit);
    return true;
  }

  #displace(commit: Commit): void {
    this.#engine.rollBack(commit);
    this.#displacements += 1;
    this.#displaced();
  }

  /**
   * Decides a command and waits until it is durable.
   *
   * @throws {AppendFailedError | LogBusyError} the log could not keep it; nothing happened
   * @param patience with a log that does not say what became of it
   * @throws {OutcomeUnknownError} nobody knows whether it happened; with its idempotency key, the
   *   request may be repeated
   */
  async submit<T>(
    command: Command,
    options: Untimed,
    makeReply: MakeReply<T>,
    patience: 'short' | 'endless' = 'short',
  ): Promise<Result<T>> {
    // What is in doubt may yet be taken back, and this with it.
    if (this.#doubts.any) throw new LogBusyError(this.waiting);
    const outcome = this.#engine.submit(command, { ...options, at: this.#now() });
    switch (outcome.kind) {
      case 'committed': {
        const { commit } = outcome;
        const reply = this.#replyTo(commit, makeReply);
        await this.#append(commit, patience);
        if (commit.request && commit.events.length <= eventsOfKept)
          this.#keep(`${commit.actor} ${commit.request.key}`, reply);
        return { ok: true, revision: commit.revision, changed: true, reply };
      }
      case 'unchanged': {
        const reply = makeReply(this.#engine.graph, null);
        await this.settled();
        return { ok: true, revision: outcome.revision, changed: false, reply };
      }
      case 'repeated':
        await this.settled();
        return this.#repeat(outcome.revision, options, makeReply);
      case 'rejected':
        await this.settled();
        return { ok: false, rejection: outcome.rejection };
    }
  }

  dryRun(
    command: Command,
    submission: Untimed,
    look?: (graph: Graph, events: readonly EventRecord[]) => void,
  ): { ok: true; events: EventRecord[] } | Refused {
    return this.#engine.dryRun(command, { ...submission, at: this.#now() }, look);
  }

  /** A commit whose answer cannot be made is not made either. */
  #replyTo<T>(commit: Commit, makeReply: MakeReply<T>): T {
    try {
      return makeReply(this.#engine.graph, commit);
    } catch (error) {
      this.#engine.rollBack(commit);
      throw error;
    }
  }

  /**
   * What was issued before a commit that fails may still become durable; only that commit and what
   * followed is taken back.
   */
  #append(commit: Commit, patience: 'short' | 'endless'): Promise<void> {
    const before = this.#lastAppend;
    const displacements = this.#displacements;
    const began = this.#monotonic();
    const tell = (isKept: boolean): void => {
      const ms = this.#monotonic() - began;
      for (const watcher of this.#watchers) watcher({ ms, isKept });
    };
    const appended = this.#log.append(commit, revision(commit.revision - 1)).then(
      () => {
        this.#engine.confirm(commit.revision);
        tell(true);
      },
      (error: unknown) => {
        tell(false);
        return this.#notAppended(commit, { before, displacements, patience }, error);
      },
    );
    this.#lastAppend = appended;
    return appended;
  }

  /** @param then as it was when the commit was issued */
  #notAppended(
    commit: Commit,
    then: {
      readonly before: Promise<void>;
      readonly displacements: number;
      readonly patience: 'short' | 'endless';
    },
    error: unknown,
  ): Promise<void> {
    const lost = (error: unknown): never => {
      if (error instanceof OutcomeUnknownError) throw error;
      if (this.#takeBack(commit, error)) this.#lastAppend = then.before;
      if (this.#displacements > then.displacements) throw this.#notLeading();
      // Decided on top of a commit that the log had just refused: nothing is wrong with this one.
      throw error instanceof RevisionConflictError ? new LogBusyError(this.waiting) : error;
    };
    if (!(error instanceof OutcomeUnknownError)) return lost(error);
    const kept = (): void => this.#engine.confirm(commit.revision);
    const fate = this.#doubts.settle(commit).then(kept, lost);
    return then.patience === 'endless' ? fate : this.#patiently(error, fate);
  }

  /** Whoever waits is told after a while that nobody knows; the asking goes on. */
  async #patiently(unknown: OutcomeUnknownError, fate: Promise<void>): Promise<void> {
    fate.catch(() => undefined);
    const isKnown = new AbortController();
    const told = this.#pause(patienceMs, isKnown.signal).then(() => {
      if (!isKnown.signal.aborted) throw unknown;
    });
    try {
      await Promise.race([fate, told]);
    } finally {
      isKnown.abort();
    }
  }

  /** Asks the log no more about what it does not know. */
  close(): void {
    this.#doubts.close();
  }

  async #repeat<T>(at: Revision, options: Untimed, makeReply: MakeReply<T>): Promise<Result<T>> {
    const kept = this.#replies.get(`${options.actor} ${options.request!.key}`) as T | undefined;
    if (kept !== undefined) return { ok: true, revision: at, changed: true, reply: kept };
    const reply = await this.#inTurn(options.actor, async () => {
      const commit = await commitAt(this.#log, at);
      return makeReply(await this.#graphAt(at, options.actor), commit!);
    });
    return { ok: true, revision: at, changed: true, reply };
  }

  /**
   * Whoever retries much at once, as after a crash of the station, gets the answers one after the
   * other: together they take no more of the past than one.
   */
  async #inTurn<T>(actor: string, work: () => Promise<T>): Promise<T> {
    const before = this.#retries.get(actor);
    const mine = before ? before.then(work) : work();
    const settled = mine.then(
      () => undefined,
      () => undefined,
    );
    this.#retries.set(actor, settled);
    try {
      return await mine;
    } finally {
      if (this.#retries.get(actor) === settled) this.#retries.delete(actor);
    }
  }

  #keep(id: string, reply: unknown): void {
    this.#replies.set(id, reply);
    if (this.#replies.size <= repliesKept) return;
    for (const oldest of this.#replies.keys()) {
      this.#replies.delete(oldest);
      return;
    }
  }
}
