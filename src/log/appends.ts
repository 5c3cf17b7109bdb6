/**
 * Appends on their way to what keeps them: taken in order and within limits, sent in batches, and
 * settled in order. What queues while a batch is on its way goes into the next one.
 */

import type { Commit } from '../core/events/commit.ts';
import type { Revision } from '../core/values/revision.ts';
import { bodyOf } from './chain.ts';
import { CommitQueue, type BatchLimits, type WaitingCommit } from './commit-queue.ts';
import { CommitTooLargeError, LogBusyError, RevisionConflictError } from './log.ts';
import type { LogLimits } from './log.ts';

/** Sizes are in characters of a commit's JSON, which for ASCII are bytes. */
export type AppendLimits = LogLimits & BatchLimits;

/** How batches are made. */
export interface Pace {
  /** Commits that are sent together without waiting for more to come. */
  readonly eagerCommits: number;
  /** Batches that may be on their way at once. */
  readonly sentBatches: number;
}

export interface AppendsParts {
  readonly limits: AppendLimits;
  readonly pace: Pace;
  /** Revision of the last durable commit. */
  readonly durable: number;
  /**
   * Sends a batch on its way.
   *
   * @param era counts the failures before; a batch of before the last failure is void
   */
  readonly send: (batch: readonly WaitingCommit[], era: number) => void;
  /** Told of each commit that has become durable, before its append settles. */
  readonly publish: (commit: Commit) => void;
}

export class Appends {
  readonly #parts: AppendsParts;
  readonly #waiting: CommitQueue;
  /** Batches on their way, oldest first. */
  readonly #sent: WaitingCommit[][] = [];
  /** Characters of everything issued and not durable. */
  #characters = 0;
  #durable: number;
  #issued: number;
  #era = 0;
  #flushScheduled = false;
  #drained: (() => void) | undefined;

  constructor(parts: AppendsParts) {
    this.#parts = parts;
    this.#waiting = new CommitQueue(parts.limits);
    this.#durable = this.#issued = parts.durable;
  }

  /** Revision of the last durable commit. */
  get durable(): number {
    return this.#durable;
  }

  /** Whether commits are on their way, and nothing was told of them. */
  get hasSent(): boolean {
    return this.#sent.length > 0;
  }

  /** See `EventLog.append`. */
  issue(commit: Commit, expected: Revision): Promise<void> {
    return new Promise((resolve, reject) => {
      const body = this.#admit(commit, expected);
      this.#issued = commit.revision;
      this.#characters += body.length;
      this.#waiting.add({ commit, body, resolve, reject });
      this.#nudge();
    });
  }

  /** Everything up to a revision, which ends a batch, is durable. */
  settle(revision: number): void {
    const commits: WaitingCommit[] = [];
    const count = revision - this.#durable;
    while (commits.length < count) commits.push(...(this.#sent.shift() ?? []));
    this.#durable = revision;
    for (const { body } of commits) this.#characters -= body.length;
    this.#nudge();
    for (const { commit } of commits) this.#parts.publish(commit);
    for (const { resolve } of commits) resolve();
    this.#checkDrained();
  }

  /**
   * Rejects everything issued; the next append may follow the durable head again.
   *
   * @param ofSent for what is on its way
   * @param ofWaiting for what was never sent
   */
  fail(ofSent: (commit: Commit) => Error, ofWaiting: (commit: Commit) => Error): void {
    const [sent, waiting] = [this.#sent.flat(), this.#waiting.takeAll()];
    this.#sent.length = 0;
    this.#characters = 0;
    this.#issued = this.#durable;
    this.#era += 1;
    for (const { commit, reject } of sent) reject(ofSent(commit));
    for (const { commit, reject } of waiting) reject(ofWaiting(commit));
    this.#checkDrained();
  }

  /** Goes on with another writer, from where the log really ends; nothing is issued. */
  restart(durable: number): void {
    this.#era = 0;
    this.#durable = this.#issued = durable;
  }

  /** Takes a commit that became durable without having been issued here, while nothing is issued. */
  accept(commit: Commit): void {
    this.#durable = this.#issued = commit.revision;
    this.#parts.publish(commit);
  }

  /** Sends what waits, and waits until all is settled. */
  async drain(): Promise<void> {
    this.#flush();
    if (this.#isEmpty) return;
    await new Promise<void>((resolve) => {
      this.#drained = resolve;
    });
  }

  /** Checks an append against what was issued before, and gives the text to store. */
  #admit(commit: Commit, expected: Revision): string {
    const { limits } = this.#parts;
    if (expected !== this.#issued) {
      throw new RevisionConflictError(expected, this.#issued as Revision);
    }
    if (commit.revision !== expected + 1) {
      throw new RangeError(`a commit after revision ${expected} cannot be ${commit.revision}`);
    }
    const count = this.#issued - this.#durable;
    if (count >= limits.queueCommits) throw new LogBusyError(count);
    const body = bodyOf(commit);
    if (body.length > limits.commitCharacters)
      throw new CommitTooLargeError(body.length, limits.commitCharacters);
    if (count > 0 && this.#characters + body.length > limits.queueCharacters) {
      throw new LogBusyError(count);
    }
    return body;
  }

  /**
   * Sends what waits: at once when it is worth a message; else, where nothing is on its way, as soon
   * as a turn of the event loop brings nothing more, so that what arrives together is written
   * together. Else what settles the batch on its way will.
   */
  #nudge(): void {
    if (this.#waiting.length >= this.#parts.pace.eagerCommits) this.#flush();
    else if (this.#sent.length === 0 && !this.#flushScheduled) this.#gather(0);
  }

  #gather(seen: number): void {
    this.#flushScheduled = true;
    setImmediate(() => {
      this.#flushScheduled = false;
      const { length } = this.#waiting;
      if (length > seen && length < this.#parts.pace.eagerCommits) this.#gather(length);
      else this.#flush();
    });
  }

  #flush(): void {
    if (this.#waiting.length === 0 || this.#sent.length >= this.#parts.pace.sentBatches) return;
    const commits = this.#waiting.takeBatch();
    this.#sent.push(commits);
    this.#parts.send(commits, this.#era);
  }

  get #isEmpty(): boolean {
    return this.#sent.length === 0 && this.#waiting.length === 0;
  }

  #checkDrained(): void {
    if (this.#isEmpty) this.#drained?.();
  }
}
