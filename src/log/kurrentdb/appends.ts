/**
 * Appends on their way to the servers: taken in order and within limits, sent in groups, one at a
 * time, and settled in order. What another station appends comes in between.
 *
 * An append is settled by the answer of the servers or by its own commit coming back from the
 * stream, whichever is first.
 *
 * It is not `../appends.ts`, which settles whole batches by one answer: here the stream settles a part
 * of a group, brings others' commits in between, and a group that is too large is cut and sent anew.
 */

import type { Commit } from '../../core/events/commit.ts';
import type { Revision } from '../../core/values/revision.ts';
import { after, bodyOf } from '../chain.ts';
import type { LogPosition, StoredCommit } from '../chain.ts';
import {
  AppendFailedError,
  CommitTooLargeError,
  LogBusyError,
  LogUnavailableError,
  OutcomeUnknownError,
  RevisionConflictError,
} from '../log.ts';
import type { LogLimits } from '../log.ts';
import { eventOverhead } from './event.ts';
import { failureOf, wordsOf } from './failure.ts';
import type { Appended } from './stream.ts';

export interface WaitingCommit extends StoredCommit {
  readonly commit: Commit;
  readonly bytes: number;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

export interface AppendsParts {
  /** Where the log ends. */
  readonly end: LogPosition;
  /** The servers' limit of an append, as far as it is known, bytes. */
  readonly maxAppendSize: number;
  readonly queue: QueueLimits;
  /** Appends a group behind a place. Must not reject. */
  readonly send: (group: readonly WaitingCommit[], behind: LogPosition) => Promise<Appended>;
  /** Reads what others have appended, up to a revision, and lets it `arrive`. */
  readonly catchUp: (revision: number) => Promise<void>;
  /** Told of each commit that is durable now, before its append settles. */
  readonly publish: (commit: Commit) => void;
}

/** Commits of one append, however small. */
const groupCommits = 1000;

/** Commits issued and not durable yet. */
export const queueLimits = { queueCommits: 65_536, queueCharacters: 64 * 1024 * 1024 } as const;

export type QueueLimits = { readonly [name in keyof typeof queueLimits]: number };

/** Room for letters of more than a byte in a commit of just the allowed characters. */
const spareBytes = 1024 - eventOverhead;

export class Appends {
  readonly #parts: AppendsParts;
  #maxBytes: number;
  /** The last durable commit. */
  #end: LogPosition;
  /** The last commit that was issued. */
  #issued: LogPosition;
  #waiting: WaitingCommit[] = [];
  /** The group that is on its way. */
  #sent: WaitingCommit[] = [];
  #characters = 0;
  /** Of commits that were given up and may still come, the revisions. */
  #doubt: { readonly from: number; readonly to: number } | undefined;
  #flushScheduled = false;
  #drained: (() => void) | undefined;
  /** Groups that have become durable. */
  groups = 0;

  constructor(parts: AppendsParts) {
    this.#parts = parts;
    this.#maxBytes = parts.maxAppendSize - eventOverhead;
    this.#end = this.#issued = parts.end;
  }

  get end(): LogPosition {
    return this.#end;
  }

  get limits(): LogLimits {
    return { commitCharacters: this.#maxBytes - spareBytes, ...this.#parts.queue };
  }

  /** See `EventLog.append`. */
  issue(commit: Commit, expected: Revision): Promise<void> {
    return new Promise((resolve, reject) => {
      const { body, bytes } = this.#admit(commit, expected);
      this.#issued = after(this.#issued, body);
      this.#characters += body.length;
      this.#waiting.push({ ...this.#issued, commit, body, bytes, resolve, reject });
      this.#nudge();
    });
  }

  /**
   * Takes a commit that is in the stream.
   *
   * @returns `old` where it was known; `apart` where it does not follow what is known; `taken`
   */
  arrive(stored: StoredCommit): 'old' | 'apart' | 'taken' {
    if (stored.revision <= this.#end.revision) return 'old';
    const place = after(this.#end, stored.body);
    if (stored.revision !== place.revision || stored.crc !== place.crc) return 'apart';
    const own = this.#sent[0];
    if (own?.body === stored.body) {
      this.#settle(1);
      return 'taken';
    }
    const commit = JSON.parse(stored.body) as Commit;
    if (commit.revision !== stored.revision) return 'apart';
    this.#moveTo(place);
    const conflicting = this.#takeIssued();
    this.#parts.publish(commit);
    for (const { revision, reject } of conflicting)
      reject(new RevisionConflictError((revision - 1) as Revision, place.revision as Revision));
    return 'taken';
  }

  /** Rejects what was issued: what was sent may be kept, the rest is not. */
  fail(ofSent: Error, ofWaiting: Error): void {
    const { length } = this.#sent;
    const all = this.#takeIssued();
    this.#reject(all.slice(0, length), ofSent);
    this.#reject(all.slice(length), ofWaiting);
  }

  /** Waits until all is settled. */
  async drain(): Promise<void> {
    if (this.#isEmpty) return;
    await new Promise<void>((resolve) => {
      this.#drained = resolve;
    });
  }

  /** Checks an append against what was issued before, and gives the text to store. */
  #admit(commit: Commit, expected: Revision): { body: string; bytes: number } {
    if (expected !== this.#issued.revision)
      throw new RevisionConflictError(expected, this.#issued.revision as Revision);
    if (commit.revision !== expected + 1)
      throw new RangeError(`a commit after revision ${expected} cannot be ${commit.revision}`);
    const { commitCharacters, queueCommits, queueCharacters } = this.limits;
    const count = this.#issued.revision - this.#end.revision;
    if (count >= queueCommits) throw new LogBusyError(count);
    const body = bodyOf(commit);
    if (body.length > commitCharacters)
      throw new CommitTooLargeError(body.length, commitCharacters);
    const bytes = Buffer.byteLength(body);
    if (bytes > this.#maxBytes) throw new CommitTooLargeError(bytes, this.#maxBytes);
    if (count > 0 && this.#characters + body.length > queueCharacters)
      throw new LogBusyError(count);
    return { body, bytes };
  }

  /** Sends what waits as soon as a turn of the event loop brings nothing more. */
  #nudge(seen = 0): void {
    if (this.#sent.length > 0 || this.#flushScheduled) return;
    this.#flushScheduled = true;
    setImmediate(() => {
      this.#flushScheduled = false;
      const { length } = this.#waiting;
      if (length > seen && length < groupCommits) this.#nudge(length);
      else if (length > 0 && this.#sent.length === 0) void this.#send();
    });
  }

  async #send(): Promise<void> {
    const group = this.#takeGroup();
    this.#sent = [...group];
    const appended = await this.#parts.send(group, this.#end);
    const last = group.at(-1) as WaitingCommit;
    // What came from the stream meanwhile may have settled it, or a part of it.
    const isOpen = (): boolean => this.#sent.at(-1) === last;
    if (!isOpen()) return;
    switch (appended.kind) {
      case 'kept':
        this.#settle(this.#sent.length);
        return;
      case 'conflict': {
        await this.#parts.catchUp(appended.actual).catch(() => undefined);
        if (!isOpen()) return;
        const what = 'what is in their place could not be read';
        return this.#giveUp(new Error(what), appended.doubtful);
      }
      case 'too-large':
        return this.#shrink(appended.max);
      case 'refused':
      case 'unknown':
        return this.#giveUp(appended.error, appended.kind === 'unknown');
    }
  }

  /** As many as fit one append: at least one. */
  #takeGroup(): WaitingCommit[] {
    let bytes = 0;
    let count = 0;
    for (const waiting of this.#waiting) {
      bytes += waiting.bytes + eventOverhead;
      if (count === groupCommits || (count > 0 && bytes > this.#maxBytes + eventOverhead)) break;
      count += 1;
    }
    return this.#waiting.splice(0, count);
  }

  /** The first commits of the group that was sent are durable. */
  #settle(count: number): void {
    const settled = this.#sent.splice(0, count);
    if (this.#sent.length === 0) this.groups += 1;
    const last = settled.at(-1) as WaitingCommit;
    for (const { body } of settled) this.#characters -= body.length;
    this.#moveTo(last);
    this.#nudge();
    for (const { commit } of settled) this.#parts.publish(commit);
    for (const { resolve } of settled) resolve();
    this.#checkDrained();
  }

  #moveTo({ revision, crc }: LogPosition): void {
    this.#end = { revision, crc };
    // Whatever was to come behind an earlier revision cannot come any more.
    if (this.#doubt && revision >= this.#doubt.from) this.#doubt = undefined;
  }

  /** The servers take less than was thought. */
  #shrink(max: number): void {
    const group = this.#sent;
    const [first] = group as [WaitingCommit];
    const maxBytes = max - eventOverhead;
    if (maxBytes < this.#maxBytes && maxBytes > 0) this.#maxBytes = maxBytes;
    if (group.length > 1 && maxBytes > 0) {
      this.#waiting.unshift(...group);
      this.#sent = [];
      return this.#nudge();
    }
    const tooLarge = new CommitTooLargeError(first.bytes, this.#maxBytes);
    this.fail(tooLarge, new AppendFailedError('a commit before it was too large'));
  }

  #giveUp(cause: Error, isUnknown: boolean): void {
    const what = `KurrentDB did not keep it: ${wordsOf(cause)}`;
    // Where no server was met that takes it, another station may meet one, or this one soon.
    const isAway = ['not-now', 'not-leader'].includes(failureOf(cause).kind);
    const why = isAway ? new LogUnavailableError(wordsOf(cause), { cause }) : cause;
    const failed = new AppendFailedError(what, { cause: why });
    if (!isUnknown) return this.fail(failed, failed);
    const [first, last] = [this.#sent[0], this.#sent.at(-1)] as [WaitingCommit, WaitingCommit];
    this.#doubt = { from: first.revision, to: Math.max(last.revision, this.#doubt?.to ?? 0) };
    const unknown = `nobody knows whether KurrentDB kept it: ${wordsOf(cause)}`;
    this.fail(new OutcomeUnknownError(unknown, { cause }), failed);
  }

  /** Everything issued; the next append may follow the durable end again. */
  #takeIssued(): WaitingCommit[] {
    const all = [...this.#sent, ...this.#waiting];
    this.#sent = [];
    this.#waiting = [];
    this.#characters = 0;
    this.#issued = this.#end;
    if (all.length > 0) queueMicrotask(() => this.#checkDrained());
    return all;
  }

  /** Of one whose first attempt may still come it is not known that it is not kept. */
  #reject(commits: readonly WaitingCommit[], error: Error): void {
    const { from, to } = this.#doubt ?? { from: Infinity, to: 0 };
    for (const { revision, reject } of commits) {
      const isDoubtful = revision >= from && revision <= to && error instanceof AppendFailedError;
      reject(isDoubtful ? new OutcomeUnknownError(error.message, { cause: error }) : error);
    }
  }

  get #isEmpty(): boolean {
    return this.#sent.length === 0 && this.#waiting.length === 0;
  }

  #checkDrained(): void {
    if (this.#isEmpty) this.#drained?.();
  }
}
