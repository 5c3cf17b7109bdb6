/**
 * The cluster as it was. Past graphs are rebuilt one at a time, once for all who ask for the same,
 * and in fair turns between those who ask. The last few are kept for the next question.
 */

import { kinds } from '../../core/graph/resources.ts';
import type { Revision } from '../../core/values/revision.ts';
import type { EventLog } from '../../log/log.ts';
import type { Asker } from '../fair-use/long-reads.ts';
import { pastAnswerLimits, pastLimits, Share } from '../fair-use/shares.ts';
import { FairQueue } from '../fair-use/turns.ts';
import type { Turns } from '../fair-use/turns.ts';
import type { Archive, GraphAt } from './archive.ts';

/** A point in the past: a revision, or the last commit at or before a time (ms since the epoch). */
export type Moment = { readonly revision: Revision } | { readonly time: number };

/** How many past graphs are kept at hand, for one who goes through time; each may be as large as the present one. */
export const graphsKept = 4;
/** More than two of them have no more rows than these together. */
const rowsKept = 250_000;

const rowsOf = ({ graph }: GraphAt): number =>
  kinds.reduce((sum, kind) => sum + graph.count(kind), 0);

/** A graph that somebody waits for. */
interface Rebuilding {
  readonly revision: Revision;
  readonly principal: string;
  /** Aborts it when the last one who waited for it has gone. */
  readonly controller: AbortController;
  readonly done: PromiseWithResolvers<GraphAt>;
  askers: number;
}

export class History {
  readonly #archive: Archive;
  readonly #log: EventLog;
  readonly #turns: Turns;
  readonly #share = new Share('reads of the past', pastLimits);
  /** For those that go on reading a graph for a while. */
  readonly answers = new Share('long answers about the past', pastAnswerLimits);
  /** The one that was asked for last at the end. */
  #kept: readonly GraphAt[] = [];
  readonly #wanted = new Map<Revision, Rebuilding>();
  readonly #queue = new FairQueue<Rebuilding>();
  #isBusy = false;

  constructor(archive: Archive, log: EventLog, turns: Turns) {
    this.#archive = archive;
    this.#log = log;
    this.#turns = turns;
  }

  /**
   * The graph at a moment. It is shared with other askers and must not be changed.
   *
   * @throws {ShareExceededError} too much of the past is asked for
   * @throws the reason of the signal
   */
  async at(moment: Moment, { principal, signal }: Asker): Promise<GraphAt> {
    const revision =
      'revision' in moment ? moment.revision : await this.#log.revisionAt(moment.time);
    const kept = this.#kept.find(({ head }) => head === revision);
    if (kept) return this.#keep(kept);
    return this.#share.during(principal, () => this.#rebuilt(revision, principal, signal));
  }

  async #rebuilt(revision: Revision, principal: string, signal: AbortSignal): Promise<GraphAt> {
    signal.throwIfAborted();
    const rebuilding = this.#wanted.get(revision) ?? this.#want(revision, principal);
    rebuilding.askers += 1;
    const gone = Promise.withResolvers<never>();
    const leave = (): void => gone.reject(signal.reason as Error);
    signal.addEventListener('abort', leave);
    try {
      return await Promise.race([rebuilding.done.promise, gone.promise]);
    } finally {
      signal.removeEventListener('abort', leave);
      rebuilding.askers -= 1;
      if (rebuilding.askers === 0) this.#drop(rebuilding, signal.reason as Error);
    }
  }

  #want(revision: Revision, principal: string): Rebuilding {
    const rebuilding: Rebuilding = {
      revision,
      principal,
      controller: new AbortController(),
      done: Promise.withResolvers<GraphAt>(),
      askers: 0,
    };
    rebuilding.done.promise.catch(() => undefined);
    this.#wanted.set(revision, rebuilding);
    this.#queue.push(principal, rebuilding);
    void this.#work();
    return rebuilding;
  }

  #drop(rebuilding: Rebuilding, reason?: Error): void {
    if (this.#wanted.get(rebuilding.revision) === rebuilding)
      this.#wanted.delete(rebuilding.revision);
    rebuilding.controller.abort(reason);
  }

  async #work(): Promise<void> {
    if (this.#isBusy) return;
    this.#isBusy = true;
    for (let next = this.#queue.shift(); next; next = this.#queue.shift()) {
      try {
        const past = await this.#rebuild(next);
        next.done.resolve(this.#keep(past));
      } catch (error) {
        next.done.reject(error);
      }
      this.#drop(next);
    }
    this.#isBusy = false;
  }

  async #rebuild({ revision, principal, controller }: Rebuilding): Promise<GraphAt> {
    const turn = await this.#turns.begin(principal, controller.signal);
    return this.#archive.at(revision, turn, this.#kept);
  }

  /** As the one that was asked for last; others go that nobody has asked for since long ago. */
  #keep(past: GraphAt): GraphAt {
    this.#kept = [...this.#kept.filter((one) => one !== past), past];
    const isTooMuch = (): boolean =>
      this.#kept.length > graphsKept ||
      (this.#kept.length > 2 && this.#kept.reduce((sum, one) => sum + rowsOf(one), 0) > rowsKept);
    while (isTooMuch()) this.#kept = this.#kept.slice(1);
    return past;
  }
}
