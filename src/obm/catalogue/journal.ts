/**
 * The one way into the log: what is decided is decided on all that was decided before, counts at once for what is
 * decided next, and is answered when it is durable.
 */

import type { Commit } from '../../core/events/commit.ts';
import type { Revision } from '../../core/values/revision.ts';
import { OutcomeUnknownError } from '../../log/log.ts';
import type { EventLog } from '../../log/log.ts';
import { ObmError } from '../errors.ts';
import type { Time } from '../time.ts';
import { eventOf, recordOf } from './events.ts';
import type { ObmEvent } from './events.ts';
import { Obms } from './obms.ts';

export interface JournalParts {
  readonly log: EventLog;
  readonly time: Time;
  /**
   * Told once when nobody can know any more what is kept: the daemon must end, and start on what the log holds.
   */
  readonly lost: (error: Error) => void;
}

/** Who asked, and for what; both go into the log. */
export interface Decision {
  readonly actor: string;
  readonly command: string;
  readonly correlation: string;
}

/** One decision, as it was recorded. */
export interface RecordedCommit {
  readonly revision: number;
  /** ms since the epoch. */
  readonly at: number;
  readonly actor: string;
  readonly events: readonly ObmEvent[];
}

/** Told of every durable commit, in order. Must not throw. */
export type Listener = (events: readonly ObmEvent[], at: number, revision: number) => void;

export class Journal {
  readonly #parts: JournalParts;
  #obms: Obms;
  #issued: Revision;
  #at: number;
  /** Set while the catalogue is being read again after a failure; all decisions wait. */
  #rereading: Promise<void> | null = null;
  /** Of the commit issued last; whoever waits for it is told by whoever issued it where it fails. */
  #latest: Promise<void> = Promise.resolve();
  #isClosed = false;
  readonly #listeners = new Set<Listener>();

  private constructor(parts: JournalParts, state: { obms: Obms; head: Revision; at: number }) {
    this.#parts = parts;
    this.#obms = state.obms;
    this.#issued = state.head;
    this.#at = state.at;
  }

  /** @throws {LogCorruptError} or Error the log is not one of an OBM daemon's, or of a newer one */
  static async open(parts: JournalParts): Promise<Journal> {
    return new Journal(parts, await fold(parts.log));
  }

  /** As decided; what is here may still be on its way to the disk. */
  get obms(): Obms {
    return this.#obms;
  }

  get head(): Revision {
    return this.#parts.log.head();
  }

  /** Durable commits after a revision, up to the head at the time of the call. Rejects as the log does. */
  async *read(from: number): AsyncGenerator<RecordedCommit, void> {
    for await (const { revision, at, actor, events } of this.#parts.log.read(from as Revision))
      yield { revision, at, actor, events: events.map(eventOf) };
  }

  /** @returns a function that ends it */
  listen(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /**
   * Decides and records. Resolves with what `decide` gave when its events are durable; at once where there are
   * none.
   *
   * @param decide looks at the catalogue, adds events, and may throw, in which case nothing is recorded. It is not
   *   to keep the catalogue
   * @throws what `decide` throws
   * @throws {AppendFailedError} and the other ends of an append: nothing of it is kept
   */
  async record<T>(
    { actor, command, correlation }: Decision,
    decide: (obms: Obms, add: (event: ObmEvent) => void) => T,
  ): Promise<T> {
    while (this.#rereading !== null) await this.#rereading;
    if (this.#isClosed) throw new ObmError('closed', 'the daemon ends');
    const events: ObmEvent[] = [];
    const result = decide(this.#obms, (event) => events.push(event));
    if (events.length === 0) {
      // It was decided on what may not be durable yet.
      await this.#latest;
      return result;
    }
    const expected = this.#issued;
    const at = Math.max(this.#at, this.#parts.time.now());
    const commit: Commit = {
      revision: (expected + 1) as Revision,
      at,
      actor,
      correlation,
      command,
      events: events.map(recordOf),
    };
    this.#issued = commit.revision;
    this.#at = at;
    for (const event of events) this.#obms.apply(event, at);
    const appended = this.#parts.log.append(commit, expected);
    this.#latest = appended;
    try {
      await appended;
    } catch (error) {
      await this.#failed(error as Error);
      throw error;
    }
    for (const listener of this.#listeners) listener(events, at, commit.revision);
    return result;
  }

  /** Nothing is recorded any more; what is under way ends. */
  close(): void {
    this.#isClosed = true;
  }

  /** All that was decided on top of what failed fails too: the log says what is left. */
  async #failed(error: Error): Promise<void> {
    if (this.#isClosed) return;
    if (error instanceof OutcomeUnknownError) this.#parts.lost(error);
    this.#rereading ??= this.#reread();
    await this.#rereading;
  }

  async #reread(): Promise<void> {
    try {
      const { obms, head, at } = await fold(this.#parts.log);
      this.#obms = obms;
      this.#issued = head;
      this.#at = at;
    } catch (error) {
      this.#parts.lost(error as Error);
    } finally {
      this.#rereading = null;
    }
  }
}

const fold = async (log: EventLog): Promise<{ obms: Obms; head: Revision; at: number }> => {
  const obms = new Obms();
  let [head, at] = [0 as Revision, 0];
  for await (const commit of log.read(0 as Revision)) {
    for (const record of commit.events) obms.apply(eventOf(record), commit.at);
    ({ revision: head, at } = commit);
  }
  return { obms, head, at };
};
