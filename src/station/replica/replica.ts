/**
 * A replica of the cluster: the log, the graph made of it, and its past. It decides commands that it
 * is given, applies what other stations have appended, and does nothing else of its own accord.
 */

import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { createRenderers } from '../../config/render.ts';
import type { Command } from '../../core/commands/index.ts';
import type { MintedToken } from '../../core/decision.ts';
import { Engine } from '../../core/engine.ts';
import type { EngineCounters } from '../../core/engine.ts';
import type { Commit, EventRecord } from '../../core/events/commit.ts';
import type { Graph } from '../../core/graph/graph.ts';
import type { RequestLimits } from '../../core/graph/indexes/requests.ts';
import type { Kind } from '../../core/graph/resources.ts';
import type { Fid } from '../../core/values/fid.ts';
import type { Refused } from '../../core/values/rejection.ts';
import { revision } from '../../core/values/revision.ts';
import type { Revision } from '../../core/values/revision.ts';
import type { EventLog } from '../../log/log.ts';
import { identified } from '../access/sender.ts';
import type { Sender } from '../access/sender.ts';
import { logClock } from '../clocks.ts';
import type { Clock } from '../clocks.ts';
import type { Asker } from '../fair-use/long-reads.ts';
import type { Turns } from '../fair-use/turns.ts';
import type { StationLogger } from '../logger.ts';
import { Rate } from '../rate.ts';
import type { MakeReply, Result } from '../result.ts';
import { pause } from '../time.ts';
import type { Cancel, Time } from '../time.ts';
import { Archive } from './archive.ts';
import type { GraphAt } from './archive.ts';
import { History } from './history.ts';
import type { Moment } from './history.ts';
import { LogIndex } from './log-index.ts';
import { Reached } from './reached.ts';
import { Submitter } from './submitter.ts';
import type { Appended } from './submitter.ts';

/** Over how long the rate of commits is told, ms. */
const rateMs = 10_000;
/** How often the commits are counted for it, ms. */
const countMs = 500;

export interface ReplicaParts {
  readonly log: EventLog;
  /** Of snapshots and index. */
  readonly directory: string;
  /** What of the directory is not where it was, in words. */
  readonly trouble: () => string | undefined;
  readonly logger: StationLogger;
  readonly time: Time;
  readonly turns: Turns;
  /** The token of a process. */
  readonly mint: (fid: Fid) => MintedToken;
  /** What whoever asked for something is told whose place another station's commit has taken. */
  readonly notLeading: (graph: Graph) => Error;
  /** How many requests are remembered; what is absent is as usual. */
  readonly requests?: RequestLimits | undefined;
}

export class Replica {
  readonly log: EventLog;
  readonly archive: Archive;
  readonly history: History;
  readonly index: LogIndex;
  /** The time of the log, ms since the epoch. */
  readonly now: Clock;
  readonly #engine: Engine;
  readonly #submitter: Submitter;
  readonly #time: Time;
  readonly #commits = new Rate(rateMs);
  readonly #reached: Reached;
  readonly #following = Promise.withResolvers<Error>();
  readonly #displaced: (() => void)[] = [];
  #unfollow: (() => void) | null = null;
  #cancel: Cancel | null = null;

  /**
   * Brings a graph to the log's head.
   *
   * @throws {LogCorruptError | LogUnavailableError} the log cannot be read
   * @throws {UnknownEventError} a newer version wrote it
   */
  static async open(parts: ReplicaParts): Promise<Replica> {
    const { log, directory, logger, time } = parts;
    const archive = new Archive({
      log,
      directory: join(directory, 'snapshots'),
      warn: (message) => logger.warn({}, message),
      trouble: parts.trouble,
    });
    archive.closeToOthers((path, mode) =>
      logger.warn({ path, mode }, 'others could use it; now nobody else can'),
    );
    const began = time.monotonic();
    const start = await archive.latest();
    const ms = Math.round(time.monotonic() - began);
    const digest = start.graph.digest();
    logger.info({ revision: start.head, digest, ms }, 'the graph is up to date');
    const replica = new Replica(parts, archive, start);
    await replica.#follow();
    return replica;
  }

  private constructor(parts: ReplicaParts, archive: Archive, start: GraphAt) {
    const { log, directory, logger, time, turns, mint, requests } = parts;
    this.log = log;
    this.archive = archive;
    this.#time = time;
    this.#engine = new Engine({ renderer: createRenderers(), mint }, start, requests);
    this.now = logClock(time.now, time.monotonic, () => this.at);
    this.index = new LogIndex({ log, directory, logger, time });
    this.history = new History(archive, log, turns);
    this.#reached = new Reached(log, () => this.shown);
    this.#submitter = new Submitter({
      engine: this.#engine,
      log,
      now: this.now,
      pause: (ms, signal) => pause(time, ms, signal),
      monotonic: time.monotonic,
      displaced: () => {
        for (const tell of this.#displaced) tell();
      },
      notLeading: () => parts.notLeading(this.graph),
      graphAt: async (at, principal) => {
        const { signal } = new AbortController();
        return (await this.history.at({ revision: at }, { principal, signal })).graph;
      },
    });
  }

  /**
   * From here on the graph has what the log brings before anybody else hears of it: whoever
   * subscribes later is told later.
   */
  async #follow(): Promise<void> {
    const { log } = this;
    if (!log.shared) return;
    const { resolve } = this.#following;
    const take = (commit: Commit): void => this.#submitter.take(commit);
    this.#unfollow = log.subscribe(this.head, take, resolve);
    const failed = this.#following.promise.then((error) => Promise.reject(error));
    failed.catch(() => undefined);
    const until = log.head();
    while (this.head < until) await Promise.race([turn(), failed]);
  }

  /** Why it does not follow the log any more, and must be opened anew; never for one station's log. */
  get failed(): Promise<Error> {
    return this.#following.promise;
  }

  /** Tells when another station's commit has taken the place of one that was decided here. */
  whenDisplaced(tell: () => void): void {
    this.#displaced.push(tell);
  }

  /** Revision up to which the graph shows what is durable. */
  get shown(): Revision {
    return revision(Math.min(this.head, this.log.head()));
  }

  /** Keeps index and figures up to date from now on. */
  start(): void {
    if (this.#cancel) return;
    this.index.follow();
    this.#cancel = this.#time.every(countMs, () =>
      this.#commits.sample(this.#time.monotonic(), this.log.head()),
    );
  }

  /** Waits for what was submitted, and lets go of the index; the log is the caller's. */
  async close(): Promise<void> {
    this.#cancel?.();
    await this.settled()?.catch(() => undefined);
    this.#unfollow?.();
    this.#reached.close();
    this.#submitter.close();
    await this.index.close();
  }

  /**
   * The present graph. It may be ahead of the disk: give out what was read only after `settled`.
   */
  get graph(): Graph {
    return this.#engine.graph;
  }

  /** Revision of the present graph. */
  get head(): Revision {
    return this.#engine.head;
  }

  /** Time of the last commit, ms since the epoch. */
  get at(): number {
    return this.#engine.at;
  }

  get present(): GraphAt {
    const { graph, head, at } = this.#engine;
    return { graph, head, at };
  }

  get counters(): EngineCounters {
    return this.#engine.counters;
  }

  /** Commits decided and not durable yet. */
  get waiting(): number {
    return this.#submitter.waiting;
  }

  /** Commits that became durable a second, whoever decided them, over the last ten seconds. */
  get commitsPerSecond(): number {
    return this.#commits.perSecond(this.#time.monotonic(), this.log.head());
  }

  /** See `Submitter.watch`. */
  watchAppends(watcher: (appended: Appended) => void): void {
    this.#submitter.watch(watcher);
  }

  /** See `Submitter.settled`. */
  settled(): Promise<void> | undefined {
    return this.#submitter.settled();
  }

  /** Whether all that the graph shows of these kinds of rows is durable. */
  isDurable(kinds: readonly Kind[]): boolean {
    return this.#engine.isConfirmed(kinds);
  }

  /** See `Reached.by`. */
  reached(revision: Revision, signal: AbortSignal): Promise<void> {
    return this.#reached.by(revision, signal);
  }

  /** See `Submitter.submit`. */
  submit<T>(command: Command, sender: Sender, makeReply: MakeReply<T>): Promise<Result<T>> {
    return this.#submitter.submit(command, identified(sender), makeReply);
  }

  /** In the name of the station, and with the patience to learn what became of it. */
  submitOwn(command: Command): Promise<Result<null>> {
    const sender = identified({ actor: 'station' });
    return this.#submitter.submit(command, sender, () => null, 'endless');
  }

  /**
   * The events that a command would append now.
   *
   * @param look shown the graph as the command would leave it
   */
  dryRun(
    command: Command,
    sender: Sender,
    look?: (graph: Graph, events: readonly EventRecord[]) => void,
  ): { ok: true; events: EventRecord[] } | Refused {
    return this.#submitter.dryRun(command, identified(sender), look);
  }

  /** The cluster as it was; the present graph where the moment is now. */
  async past(moment: Moment, asker: Asker): Promise<GraphAt> {
    const isPresent = 'revision' in moment ? moment.revision >= this.head : moment.time >= this.at;
    return isPresent ? this.present : this.history.at(moment, asker);
  }
}
