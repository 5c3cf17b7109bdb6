/**
 * Whoever waits for operations. An operation is looked at once for all who wait for it, and only
 * when a commit touched what it is about.
 */

import type { Commit } from '../../core/events/commit.ts';
import { eventsOf } from '../../core/events/reading.ts';
import type { ReadEvent } from '../../core/events/reading.ts';
import type { Graph } from '../../core/graph/graph.ts';
import type { Revision } from '../../core/values/revision.ts';
import type { EventLog } from '../../log/log.ts';
import { commitAt } from '../../log/reading.ts';
import type { Cancel, Time } from '../time.ts';
import type { Operation } from './operation.ts';
import { operationIn } from './operations.ts';

/** What is looked at again rests at least so long, ms. */
const restMs = 50;
/** And so many times what the look took: a million processes must not take all of the station. */
const restShare = 10;

/** Told once: of the end of the operation, or how far it is when the patience ends. */
type Waiter = (operation: Operation) => void;

interface Watched {
  readonly look: () => Operation;
  /** Hosts, nodes and processes; null: any. */
  readonly concerns: ReadonlySet<string> | null;
  readonly waiters: Set<Waiter>;
  /** What it was when it was looked at last. */
  latest: Operation;
  isTouched: boolean;
  /** Until it may be looked at again. */
  rest: Cancel | null;
}

export class OperationWaits {
  readonly #log: EventLog;
  readonly #graph: () => Graph;
  readonly #watched = new Map<Revision, Watched>();
  /** Commits that are being read, once for all who ask. */
  readonly #reading = new Map<Revision, Promise<Watched | null>>();
  readonly #time: Time;
  #unsubscribe: (() => void) | null = null;
  #isClosed = false;

  /** It listens to the log from the first wait on. */
  constructor(log: EventLog, graph: () => Graph, time: Time) {
    this.#log = log;
    this.#graph = graph;
    this.#time = time;
  }

  /** How many operations somebody waits for. */
  get size(): number {
    return this.#watched.size;
  }

  /** Tells everybody how far things are, though nothing has ended. */
  release(): void {
    for (const { waiters, latest } of [...this.#watched.values()])
      for (const tell of [...waiters]) tell(latest);
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
   * @throws the reason of the signal
   */
  async until(id: Revision, patience: number, signal: AbortSignal): Promise<Operation | null> {
    signal.throwIfAborted();
    const log = this.#log;
    this.#unsubscribe ??= log.subscribe(log.head(), (commit) => this.#touch(commit));
    const read = await (this.#watched.get(id) ?? this.#read(id));
    if (!read) return null;
    signal.throwIfAborted();
    const watched = this.#watched.get(id) ?? read;
    const operation = this.#lookAt(watched);
    if (operation.state !== 'running' || patience <= 0 || this.#isClosed) return operation;
    this.#watched.set(id, watched);
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        cancel();
        signal.removeEventListener('abort', abandon);
        watched.waiters.delete(tell);
        if (watched.waiters.size === 0) this.#forget(id, watched);
      };
      const tell: Waiter = (latest) => {
        leave();
        resolve(latest);
      };
      const abandon = (): void => {
        leave();
        reject(signal.reason as Error);
      };
      const cancel = this.#time.after(patience, () => tell(this.#lookAt(watched)));
      signal.addEventListener('abort', abandon);
      watched.waiters.add(tell);
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
    const progress = operationIn(commit!);
    if (!progress) return null;
    const graph = this.#graph();
    return {
      look: () => progress(this.#graph()),
      concerns: concernsOf(graph, eventsOf(commit!)),
      waiters: new Set(),
      latest: progress(graph),
      isTouched: false,
      rest: null,
    };
  }

  #forget(id: Revision, watched: Watched): void {
    watched.rest?.();
    this.#watched.delete(id);
  }

  #touch(commit: Commit): void {
    if (this.#watched.size === 0) return;
    const graph = this.#graph();
    const named = eventsOf(commit).map((event) => namedIn(graph, event));
    const isGeneral = named.some((ids) => ids.length === 0);
    const touched = new Set(named.flat());
    for (const watched of this.#watched.values()) {
      if (watched.isTouched || !(isGeneral || isConcerned(watched, touched))) continue;
      watched.isTouched = true;
      if (!watched.rest) this.#rest(watched, restMs);
    }
  }

  /** Looks again after a rest, if a commit has touched it by then. */
  #rest(watched: Watched, ms: number): void {
    watched.rest = this.#time.after(ms, () => {
      watched.rest = null;
      if (!watched.isTouched) return;
      const began = this.#time.monotonic();
      const operation = this.#lookAt(watched);
      const took = this.#time.monotonic() - began;
      if (operation.state === 'running') this.#rest(watched, Math.max(restMs, restShare * took));
      else for (const tell of [...watched.waiters]) tell(operation);
    });
  }

  #lookAt(watched: Watched): Operation {
    if (!watched.isTouched) return watched.latest;
    watched.isTouched = false;
    return (watched.latest = watched.look());
  }
}

const isConcerned = ({ concerns }: Watched, touched: ReadonlySet<string>): boolean => {
  if (concerns === null) return true;
  for (const id of touched) if (concerns.has(id)) return true;
  return false;
};

/**
 * The hosts, nodes and processes that an event names, and the node of the process. What names none,
 * a wish about the cluster or a changed role, may concern any.
 */
const namedIn = (graph: Graph, event: ReadEvent): string[] => {
  const { fid, fqdn, host, node }: Record<string, unknown> = event.type === null ? {} : event.data;
  const home = typeof fid === 'string' ? graph.get('process', fid)?.node : undefined;
  return [fid, fqdn, host, node, home].filter((id) => typeof id === 'string');
};

/** What an operation's state hangs on: what its commit names, and the whole nodes around that. */
const concernsOf = (graph: Graph, events: readonly ReadEvent[]): ReadonlySet<string> | null => {
  const named = events.map((event) => namedIn(graph, event));
  if (named.some((ids) => ids.length === 0)) return null;
  const concerns = new Set(named.flat());
  for (const id of [...concerns]) {
    const node = graph.one('runs', id)?.fid;
    if (node) concerns.add(node);
    const host = graph.get('node', id)?.host;
    if (host !== undefined) concerns.add(host);
  }
  return concerns;
};
