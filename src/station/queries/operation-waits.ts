/**
 * Whoever waits for operations. An operation is looked at once for all who wait for it, and only
 * when a commit touched what it is about. A look is in the name of one who asks: of each there is one
 * at a time, in turn with whatever else he has the station do, and it ends when nobody asks any more.
 */

import { isDeepStrictEqual } from 'node:util';
import type { Commit } from '../../core/events/commit.ts';
import { eventsOf } from '../../core/events/reading.ts';
import type { Graph } from '../../core/graph/graph.ts';
import { GraphView } from '../../core/graph/view.ts';
import type { Revision } from '../../core/values/revision.ts';
import type { EventLog } from '../../log/log.ts';
import { commitAt } from '../../log/reading.ts';
import { Lines } from '../fair-use/lines.ts';
import type { Asker } from '../fair-use/long-reads.ts';
import { lookLimits, Share } from '../fair-use/shares.ts';
import { inTurns } from '../fair-use/turns.ts';
import type { Turn, Turns } from '../fair-use/turns.ts';
import type { Time } from '../time.ts';
import { concernsOf, namedIn } from './operation-concerns.ts';
import { isUnderWay } from './operation.ts';
import type { Operation } from './operation.ts';
import { operationIn } from './operations.ts';
import { isConcerned } from './watched-operation.ts';
import type { IsEnough, Looking, Sight, Watched } from './watched-operation.ts';

/** What is looked at again rests at least so long, ms. */
const restMs = 50;
/** And so many times what the look took: a million processes must not take all of the station. */
const restShare = 10;

const hasEnded: IsEnough = (operation) => !isUnderWay(operation);

export interface OperationWaitsParts {
  readonly log: EventLog;
  /** As it is now. It may be ahead of the log. */
  readonly graph: () => Graph;
  /** Resolves once all that the graph shows now is durable; rejects where that is taken back. See `Submitter.settled`. */
  readonly settled: () => Promise<void> | undefined;
  readonly time: Time;
  readonly turns: Turns;
}

export class OperationWaits {
  /** Requests that ask how far an operation is, and do not wait for its end. */
  readonly looks = new Share('looks at operations', lookLimits);
  readonly #log: EventLog;
  readonly #graph: () => Graph;
  readonly #settled: OperationWaitsParts['settled'];
  readonly #watched = new Map<Revision, Watched>();
  /** Commits that are being read, once for all who ask. */
  readonly #reading = new Map<Revision, Promise<Watched | null>>();
  readonly #time: Time;
  readonly #turns: Turns;
  /** Each look has a view open, for which every write pays. */
  readonly #lines = new Lines();
  #unsubscribe: (() => void) | null = null;
  /** How often everybody was told; who was about to wait then does not. */
  #releases = 0;
  #isClosed = false;

  /** It listens to the log from the first wait on. */
  constructor({ log, graph, settled, time, turns }: OperationWaitsParts) {
    this.#log = log;
    this.#graph = graph;
    this.#settled = settled;
    this.#time = time;
    this.#turns = turns;
  }

  /** How many operations somebody waits for. */
  get size(): number {
    return this.#watched.size;
  }

  /** Tells everybody how far things are, though nothing has ended. */
  release(): void {
    this.#releases += 1;
    for (const { waiters, latest } of [...this.#watched.values()])
      for (const { tell } of [...waiters]) tell(latest!);
  }

  close(): void {
    this.#isClosed = true;
    this.#unsubscribe?.();
    this.#unsubscribe = null;
    this.release();
  }

  /**
   * How far the operation of a commit is: at its end, or when the patience is.
   *
   * @param id of a durable commit
   * @param patience ms; 0: as it is now
   * @returns null: the commit is no operation
   * @param asker whose share this is of
   * @throws the reason of the signal
   */
  async until(id: Revision, patience: number, asker: Asker): Promise<Operation | null> {
    const { signal } = asker;
    const releases = this.#releases;
    const joined = await this.#join(id, asker);
    if (!joined) return null;
    const { watched, leave } = joined;
    try {
      const operation = await unlessAborted(signal, this.#lookAt(watched));
      if (hasEnded(operation) || patience <= 0 || this.#letsGoSince(releases)) return operation;
      return await this.#waitFor(watched, hasEnded, patience, signal);
    } finally {
      await leave();
    }
  }

  /**
   * How far the operation of a commit is, again and again: as it is now, and then whenever that is another, until its
   * end. What changes while it is being given out is given out as it is then.
   *
   * @param patience ms after which it is told again although nothing has changed
   * @param asker as of `until`
   * @throws as `until`
   */
  async *follow(id: Revision, patience: number, asker: Asker): AsyncGenerator<Operation, void> {
    const { signal } = asker;
    const releases = this.#releases;
    const joined = await this.#join(id, asker);
    if (!joined) return;
    const { watched, leave } = joined;
    try {
      let operation = await unlessAborted(signal, this.#lookAt(watched));
      for (;;) {
        yield operation;
        if (hasEnded(operation) || this.#letsGoSince(releases)) return;
        const told = operation;
        const isNews = (now: Operation): boolean => !isDeepStrictEqual(now, told);
        const { latest } = watched;
        operation =
          latest && isNews(latest)
            ? latest
            : await this.#waitFor(watched, isNews, patience, signal);
      }
    } finally {
      await leave();
    }
  }

  /** Takes part in watching an operation; null: the commit is none. */
  async #join(
    id: Revision,
    asker: Asker,
  ): Promise<{ watched: Watched; leave: () => Promise<void> } | null> {
    const { signal } = asker;
    signal.throwIfAborted();
    const log = this.#log;
    this.#unsubscribe ??= log.subscribe(log.head(), (commit) => this.#touch(commit));
    const read = await (this.#watched.get(id) ?? this.#read(id));
    if (!read) return null;
    signal.throwIfAborted();
    const watched = this.#watched.get(id) ?? read;
    this.#watched.set(id, watched);
    const present = { ...asker };
    watched.askers.add(present);
    watched.looking?.lineUp(asker.principal);
    const leave = async (): Promise<void> => {
      watched.askers.delete(present);
      if (watched.askers.size === 0) await this.#forget(id, watched);
    };
    return { watched, leave };
  }

  /** Whether everybody was told how far things are, though nothing has ended. */
  #letsGoSince(releases: number): boolean {
    return this.#isClosed || this.#releases > releases;
  }

  #waitFor(
    watched: Watched,
    isEnough: IsEnough,
    patience: number,
    signal: AbortSignal,
  ): Promise<Operation> {
    const { promise, resolve, reject } = Promise.withResolvers<Operation>();
    const waiter = { isEnough, tell: resolve, fail: reject };
    const abandon = (): void => reject(signal.reason as Error);
    const cancel = this.#time.after(
      patience,
      () => void this.#lookAt(watched).then(resolve, reject),
    );
    signal.addEventListener('abort', abandon);
    watched.waiters.add(waiter);
    return promise.finally(() => {
      cancel();
      signal.removeEventListener('abort', abandon);
      watched.waiters.delete(waiter);
    });
  }

  /** The commit, which may be large, is read once. */
  #read(id: Revision): Promise<Watched | null> {
    let reading = this.#reading.get(id);
    if (!reading) {
      reading = this.#begin(id).finally(() => this.#reading.delete(id));
      this.#reading.set(id, reading);
    }
    return reading;
  }

  async #begin(id: Revision): Promise<Watched | null> {
    const commit = await commitAt(this.#log, id);
    const operation = operationIn(commit!);
    if (!operation) return null;
    return {
      look: operation.look,
      concerns: concernsOf(this.#graph(), eventsOf(commit!)),
      askers: new Set(),
      waiters: new Set(),
      latest: null,
      isTouched: true,
      looking: null,
      rest: null,
    };
  }

  /** Ends its look, and waits for that: who asks and leaves at once has no more under way than his share. */
  async #forget(id: Revision, watched: Watched): Promise<void> {
    if (this.#watched.get(id) === watched) this.#watched.delete(id);
    watched.rest?.();
    watched.rest = null;
    const { looking } = watched;
    if (!looking) return;
    watched.looking = null;
    watched.isTouched = true;
    looking.leaving.abort();
    await looking.result.catch(() => undefined);
  }

  #touch(commit: Commit): void {
    if (this.#watched.size === 0) return;
    const graph = this.#graph();
    const named = eventsOf(commit).map((event) => namedIn(graph, event));
    const isGeneral = named.some((ids) => ids.length === 0);
    const touched = new Set(named.flat());
    for (const watched of this.#watched.values()) {
      if (isGeneral || isConcerned(watched, touched)) this.#grows(watched);
    }
  }

  /** What was seen last may have been taken back. */
  lookAgain(): void {
    for (const watched of this.#watched.values()) this.#grows(watched);
  }

  #grows(watched: Watched): void {
    if (watched.isTouched) return;
    watched.isTouched = true;
    if (!watched.rest && !watched.looking) this.#rest(watched, restMs);
  }

  /** Looks again after a rest, if a commit has touched it by then. */
  #rest(watched: Watched, ms: number): void {
    watched.rest = this.#time.after(ms, () => {
      watched.rest = null;
      if (!watched.isTouched) return;
      const failed = (error: unknown): void => {
        for (const { fail } of [...watched.waiters]) fail(error as Error);
      };
      this.#lookAt(watched).catch(failed);
    });
  }

  /** As it is now: a look that was begun before counts only where nothing has happened since. */
  async #lookAt(watched: Watched): Promise<Operation> {
    if (watched.looking) await watched.looking.result;
    // Who has left meanwhile is told nothing.
    const isAsked = watched.askers.size > 0;
    if (watched.isTouched && isAsked) watched.looking ??= this.#beginLook(watched);
    return watched.looking?.result ?? watched.latest!;
  }

  /** Nobody's is behind the other looks of somebody else who asks for the same. */
  #beginLook(watched: Watched): Looking {
    const leaving = new AbortController();
    const { signal } = leaving;
    const { promise: result, resolve, reject } = Promise.withResolvers<Operation>();
    const inLine = new Set<string>();
    let hasBegun = false;
    const take = async (principal: string): Promise<void> => {
      if (hasBegun) return;
      const turn = await this.#turns.begin(principal, signal);
      if (hasBegun) return;
      hasBegun = true;
      const sight = await this.#look(watched, turn);
      // Whoever is next in line need not wait for the disk with it.
      this.#tell(watched, sight, signal).then(resolve, reject);
    };
    const lineUp = (principal: string): void => {
      if (hasBegun || inLine.has(principal)) return;
      inLine.add(principal);
      this.#lines.run(principal, () => take(principal)).catch(reject);
    };
    for (const { principal } of watched.askers) lineUp(principal);
    return { result, lineUp, leaving };
  }

  /** Takes its turns: it may be about a million processes. */
  async #look(watched: Watched, turn: Turn): Promise<Sight> {
    const began = this.#time.monotonic();
    const view = new GraphView(this.#graph());
    const durable = this.#settled()?.then(
      () => true,
      () => false,
    );
    watched.isTouched = false;
    try {
      const operation = await inTurns(turn, watched.look(view));
      turn.signal.throwIfAborted();
      return { operation, durable, took: this.#time.monotonic() - began };
    } catch (error) {
      watched.isTouched = true;
      if (!turn.signal.aborted) this.#hasLooked(watched, this.#time.monotonic() - began);
      throw error;
    } finally {
      view.close();
    }
  }

  /** Tells what was seen, once it is durable. Where that was taken back, it looks again. */
  async #tell(watched: Watched, sight: Sight, signal: AbortSignal): Promise<Operation> {
    const { operation, durable, took } = sight;
    try {
      if (durable && !(await unlessAborted(signal, durable))) {
        watched.isTouched = true;
        watched.looking = null;
        return await this.#lookAt(watched);
      }
      signal.throwIfAborted();
    } catch (error) {
      watched.isTouched = true;
      throw error;
    }
    watched.latest = operation;
    // Whoever asked for the look: it is the only one until something happens.
    for (const { isEnough, tell } of [...watched.waiters]) if (isEnough(operation)) tell(operation);
    this.#hasLooked(watched, took);
    return operation;
  }

  #hasLooked(watched: Watched, took: number): void {
    watched.looking = null;
    if (watched.askers.size > 0 && !watched.rest)
      this.#rest(watched, Math.max(restMs, restShare * took));
  }
}

/** What a promise comes to, or the reason of the signal where that is earlier. */
const unlessAborted = <T>(signal: AbortSignal, promise: Promise<T>): Promise<T> =>
  new Promise((resolve, reject) => {
    const abandon = (): void => reject(signal.reason as Error);
    const settled = (): void => signal.removeEventListener('abort', abandon);
    signal.addEventListener('abort', abandon);
    promise.finally(settled).then(resolve, reject);
  });
