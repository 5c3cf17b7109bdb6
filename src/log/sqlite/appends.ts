/**
 * Appends on their way to the disk: taken in order and within limits, sent to the writer in batches,
 * and settled in order. What queues while the writer waits for the disk goes into its next
 * transaction.
 */

import type { Commit } from '../../core/events/commit.ts';
import type { Revision } from '../../core/values/revision.ts';
import { bodyOf } from '../chain.ts';
import { CommitTooLargeError, LogBusyError, RevisionConflictError } from '../log.ts';
import { CommitQueue, type WaitingCommit } from './commit-queue.ts';
import type { Batch } from './writer.ts';

/** Sizes are in characters of a commit's JSON, which for ASCII are bytes. */
export const sqliteLogLimits = {
  /** One commit. */
  commitCharacters: 64 * 1024 * 1024,
  /**
   * One message to the writer. A transaction takes messages until it has as many commits, so it has
   * less than twice.
   */
  batchCommits: 1024,
  batchCharacters: 8 * 1024 * 1024,
  /** Commits issued and not durable yet. */
  queueCommits: 65_536,
  queueCharacters: 256 * 1024 * 1024,
} as const;

export type SqliteLogLimits = { readonly [name in keyof typeof sqliteLogLimits]: number };

/** Commits that are sent together without waiting for more to come. */
const eagerCommits = 64;
/** Batches the writer may have; it joins those it finds into one transaction. */
const sentBatches = 16;

export interface AppendsParts {
  readonly limits: SqliteLogLimits;
  /** Revision of the last durable commit. */
  readonly durable: number;
  /** Hands a batch to the writer. */
  readonly send: (batch: Batch) => void;
  /** Told of each commit that has become durable, before its append settles. */
  readonly publish: (commit: Commit) => void;
}

export class Appends {
  readonly #parts: AppendsParts;
  readonly #waiting: CommitQueue;
  /** Batches that the writer has, oldest first. */
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

  /** Whether the writer has commits that it has not told of. */
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

  /** Takes what the writer says: everything up to a revision is durable. */
  settle(revision: number): void {
    const commits: WaitingCommit[] = [];
    for (let count = revision - this.#durable; commits.length < count;) {
      commits.push(...(this.#sent.shift() ?? []));
    }
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
   * @param ofSent for what the writer has
   * @param ofWaiting for what it never had
   */
  fail(ofSent: Error, ofWaiting: Error): void {
    const [sent, waiting] = [this.#sent.flat(), this.#waiting.takeAll()];
    this.#sent.length = 0;
    this.#characters = 0;
    this.#issued = this.#durable;
    this.#era += 1;
    for (const { reject } of sent) reject(ofSent);
    for (const { reject } of waiting) reject(ofWaiting);
    this.#checkDrained();
  }

  /** Goes on with another writer, from where the log really ends. */
  restart(durable: number): void {
    this.#era = 0;
    this.#durable = this.#issued = durable;
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
   * Sends what waits to the writer: at once when it is worth a message; else, where the writer is
   * idle, as soon as a turn of the event loop brings nothing more, so that what arrives together is
   * written together. Where it is busy, its report will.
   */
  #nudge(): void {
    if (this.#waiting.length >= eagerCommits) this.#flush();
    else if (this.#sent.length === 0 && !this.#flushScheduled) this.#gather(0);
  }

  #gather(seen: number): void {
    this.#flushScheduled = true;
    setImmediate(() => {
      this.#flushScheduled = false;
      const { length } = this.#waiting;
      if (length > seen && length < eagerCommits) this.#gather(length);
      else this.#flush();
    });
  }

  #flush(): void {
    if (this.#waiting.length === 0 || this.#sent.length >= sentBatches) return;
    const commits = this.#waiting.takeBatch();
    this.#sent.push(commits);
    this.#parts.send({
      era: this.#era,
      times: commits.map(({ commit }) => commit.at),
      bodies: commits.map(({ body }) => body),
    });
  }

  get #isEmpty(): boolean {
    return this.#sent.length === 0 && this.#waiting.length === 0;
  }

  #checkDrained(): void {
    if (this.#isEmpty) this.#drained?.();
  }
}
