/**
 * A tracking station: the log, the engine over it, and what has to happen on time.
 *
 * It is the only place with a clock. Everything it knows is in the log; heartbeats and open
 * connections are the exception, and they are rebuilt by the agents themselves.
 */

import { join, resolve } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { createRenderers } from '../config/render.ts';
import type { Command } from '../core/commands/index.ts';
import type { MintedToken } from '../core/decision.ts';
import { Engine } from '../core/engine.ts';
import type { EngineCounters } from '../core/engine.ts';
import type { EventRecord } from '../core/events/commit.ts';
import type { Graph } from '../core/graph/graph.ts';
import type { CredentialRow } from '../core/graph/rows/credentials.ts';
import type { Fid } from '../core/values/fid.ts';
import type { Refused } from '../core/values/rejection.ts';
import type { Revision } from '../core/values/revision.ts';
import { ownFileSync } from '../disk/modes.ts';
import { openSqliteLog } from '../log/sqlite/sqlite-log.ts';
import type { SqliteLog } from '../log/sqlite/sqlite-log.ts';
import { stationKey } from './access/key.ts';
import { SecretStore } from './access/secrets.ts';
import { identified } from './access/sender.ts';
import type { Sender } from './access/sender.ts';
import { newToken, processToken, verifyToken } from './access/tokens.ts';
import type { NewToken } from './access/tokens.ts';
import { awakeClock, leapOf, logClock } from './clocks.ts';
import type { Clock } from './clocks.ts';
import { AgentSessions } from './duties/agent-sessions.ts';
import { Dispatcher } from './duties/dispatcher.ts';
import { leasedIn, Leases } from './duties/leases.ts';
import { RecoverySteps } from './duties/recovery-steps.ts';
import { Snapshotting } from './duties/snapshotting.ts';
import { LongReads } from './fair-use/long-reads.ts';
import type { Asker } from './fair-use/long-reads.ts';
import { Turns } from './fair-use/turns.ts';
import { Loads } from './loading/loads.ts';
import type { StationLogger } from './logger.ts';
import { Premises } from './premises.ts';
import { OperationWaits } from './queries/operation-waits.ts';
import { Rate } from './rate.ts';
import { Archive } from './replica/archive.ts';
import type { GraphAt } from './replica/archive.ts';
import { History } from './replica/history.ts';
import type { Moment } from './replica/history.ts';
import { LogIndex } from './replica/log-index.ts';
import { Submitter } from './replica/submitter.ts';
import type { MakeReply, Result } from './result.ts';

export interface StationOptions {
  /** Made if it is not there; holds the log, snapshots, the station's key and its secrets. */
  readonly directory: string;
  readonly logger: StationLogger;
  /** Wall clock, ms since the epoch. */
  readonly now?: Clock;
  /** A clock that never jumps, ms. */
  readonly monotonic?: Clock;
  /** What of the log is verified before it opens. */
  readonly verify?: 'tail' | 'full';
  /** A snapshot is made whenever this many commits have come since the last; 0: never. */
  readonly snapshotEvery?: number;
}

const defaultSnapshotEvery = 50_000;
/** How often deadlines are looked at, ms. */
const tickMs = 500;
/** Over how long the rate of commits is told, ms. */
const rateMs = 10_000;

export class Station {
  readonly log: SqliteLog;
  readonly index: LogIndex;
  readonly secrets: SecretStore;
  readonly agents: AgentSessions;
  readonly leases: Leases;
  readonly archive: Archive;
  readonly premises: Premises;
  readonly dispatcher: Dispatcher;
  /** For work that costs more than a moment. */
  readonly turns = new Turns();
  readonly longReads = new LongReads(this.turns);
  readonly loads = new Loads(this.turns);
  readonly operations: OperationWaits;
  readonly #recoverySteps: RecoverySteps;
  readonly #engine: Engine;
  readonly #submitter: Submitter;
  readonly history: History;
  readonly #logger: StationLogger;
  readonly #now: Clock;
  readonly #hasLeapt: () => boolean;
  readonly #key: Buffer;
  readonly #snapshotting: Snapshotting;
  /** Of the data, absolute. */
  readonly directory: string;
  /** Wall clock, ms since the epoch. */
  readonly started: number;
  readonly #commits = new Rate(rateMs);
  readonly #ticker: NodeJS.Timeout;
  #closing = false;
  #isFiring = false;

  /**
   * Opens a data directory and brings the graph to the log's head.
   *
   * @throws {LogLockedError | LogCorruptError | LogUnavailableError} the log cannot be used;
   *   nothing was changed
   * @throws {UnknownEventError} a newer version wrote the log
   */
  static async open(options: StationOptions): Promise<Station> {
    const { directory, logger } = options;
    const narrowed = (path: string, mode: string): void =>
      logger.warn({ path, mode }, 'others could use it; now nobody else can');
    const log = await openSqliteLog({ directory, verify: options.verify ?? 'tail', narrowed });
    try {
      ownFileSync(join(directory, 'secrets.json'), narrowed);
      const archive = new Archive(log, join(directory, 'snapshots'), (message) =>
        logger.warn({}, message),
      );
      archive.closeToOthers(narrowed);
      const started = performance.now();
      const start = await archive.latest();
      const ms = Math.round(performance.now() - started);
      logger.info(
        { revision: start.head, digest: start.graph.digest(), ms },
        'the graph is up to date',
      );
      return new Station(options, log, archive, start);
    } catch (error) {
      await log.close();
      throw error;
    }
  }

  private constructor(options: StationOptions, log: SqliteLog, archive: Archive, start: GraphAt) {
    this.log = log;
    this.archive = archive;
    const { logger } = options;
    this.index = new LogIndex({ log, directory: options.directory, logger });
    this.index.follow();
    this.#logger = logger;
    const monotonic = options.monotonic ?? (() => performance.now());
    this.#now = logClock(options.now ?? Date.now, monotonic, start.at);
    this.#hasLeapt = leapOf(this.#now, monotonic);
    const awake = awakeClock(monotonic);
    this.directory = resolve(options.directory);
    this.started = this.#now();
    this.#key = stationKey(options.directory, start.head === 0);
    this.secrets = new SecretStore(options.directory, this.#key);
    const mint = (fid: Fid): MintedToken => {
      const { id, hash } = processToken(this.#key, fid);
      return { id, hash };
    };
    this.#engine = new Engine({ renderer: createRenderers(), mint }, start);
    this.history = new History(archive, log, this.turns);
    this.#submitter = new Submitter({
      engine: this.#engine,
      log,
      now: this.#now,
      graphAt: async (at, principal) => {
        const { signal } = new AbortController();
        return (await this.history.at({ revision: at }, { principal, signal })).graph;
      },
    });
    this.#snapshotting = new Snapshotting({
      archive,
      every: options.snapshotEvery ?? defaultSnapshotEvery,
      logger,
      present: () => this.#present,
      settled: () => this.settled(),
    });
    this.agents = new AgentSessions({
      graph: () => this.#engine.graph,
      awake,
      lost: (fqdn, reason) => void this.#inBackground({ type: 'ReportNodeDown', fqdn, reason }),
    });
    this.leases = new Leases({
      graph: () => this.#engine.graph,
      awake,
      expired: (fid, reason) => void this.#inBackground({ type: 'ExpireLease', fid, reason }),
    });
    this.operations = new OperationWaits(log, () => this.#engine.graph);
    this.dispatcher = new Dispatcher(log, () => this.#engine.graph, this.agents);
    this.#recoverySteps = new RecoverySteps({
      log,
      graph: () => this.#engine.graph,
      report: (command) => this.submit(command, { actor: 'station' }, () => null),
    });
    const { directory, secrets } = this;
    this.premises = new Premises({ log, directory, key: this.#key, secrets, logger });
    this.#ticker = setInterval(() => void this.#tick(), tickMs).unref();
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

  get counters(): EngineCounters {
    return this.#engine.counters;
  }

  /** Commits decided and not durable yet. */
  get waiting(): number {
    return this.#submitter.waiting;
  }

  /** Commits a second, over the last ten seconds. */
  get commitsPerSecond(): number {
    return this.#commits.perSecond(performance.now(), this.counters.commits);
  }

  now(): number {
    return this.#now();
  }

  /** See `Submitter.settled`. */
  settled(): Promise<void> | undefined {
    return this.#submitter.settled();
  }

  /**
   * Decides a command and waits until it is durable.
   *
   * @param makeReply made at once from the graph as the command left it
   * @throws {AppendFailedError | LogBusyError | NotInPlaceError} the log could not keep it; nothing
   *   happened
   */
  async submit<T>(command: Command, sender: Sender, makeReply: MakeReply<T>): Promise<Result<T>> {
    this.premises.mustBeInPlace();
    if (!this.#closing) this.#snapshotting.consider(this.head);
    const leased = command.type === 'LeaseProcess' ? [command.fid] : [];
    const isLeasing = command.type === 'AddProcesses' && command.lease !== undefined;
    const submitted = this.#submitter.submit(command, identified(sender), (graph, commit) => {
      if (isLeasing) leased.push(...leasedIn(commit));
      return makeReply(graph, commit);
    });
    return isLeasing || leased.length > 0 ? this.#renewing(leased, submitted) : submitted;
  }

  /**
   * The events that a command would append now.
   *
   * @param look shown the graph as the command would leave it
   */
  dryRun(
    command: Command,
    sender: Sender,
    look?: (graph: Graph) => void,
  ): { ok: true; events: EventRecord[] } | Refused {
    return this.#submitter.dryRun(command, identified(sender), look);
  }

  /** The cluster as it was; the present graph where the moment is now. */
  async past(moment: Moment, asker: Asker): Promise<GraphAt> {
    const present = 'revision' in moment ? moment.revision >= this.head : moment.time >= this.at;
    if (!present) return this.history.at(moment, asker);
    return this.#present;
  }

  get #present(): GraphAt {
    const { graph, head, at } = this.#engine;
    return { graph, head, at };
  }

  /** The credential that a token proves. */
  authenticate(token: string): CredentialRow | undefined {
    return verifyToken(this.graph, token, this.#now());
  }

  /**
   * Whether a credential that was proved before is still good: not revoked and not expired since.
   */
  accepts({ id, hash, expires, role }: CredentialRow): boolean {
    if (expires !== 0 && expires <= this.#now()) return false;
    const present = this.graph.get('credential', id);
    return present?.hash === hash && present.role === role;
  }

  /** The token of a process; whoever may read the process's configuration may be given it. */
  processToken(fid: Fid): NewToken {
    return processToken(this.#key, fid);
  }

  /** On a log without credentials, issues the first token of an administrator; else null. */
  async bootstrap(): Promise<string | null> {
    return this.graph.count('credential') > 0 ? null : this.adminToken('bootstrap');
  }

  /**
   * Issues a token of an administrator to whoever runs the station.
   *
   * @returns the token, which is shown nowhere else and never again
   */
  async adminToken(name: string): Promise<string> {
    const { id, token, hash } = newToken();
    const who = { role: 'admin', name, host: null, process: null, expires: 0 } as const;
    const result = await this.submit(
      { type: 'IssueCredential', id, hash, ...who },
      { actor: 'station' },
      () => token,
    );
    if (!result.ok) throw new Error(result.rejection.message);
    return result.reply;
  }

  /**
   * Finishes what was begun, writes a snapshot where it would save time, and lets go of everything.
   */
  async close(): Promise<void> {
    if (this.#closing) return;
    this.#closing = true;
    clearInterval(this.#ticker);
    this.operations.close();
    this.dispatcher.close();
    this.#recoverySteps.close();
    this.agents.close();
    this.leases.close();
    await this.loads.close();
    await this.settled()?.catch(() => undefined);
    await this.#snapshotting.close();
    await this.index.close();
    await this.log.close();
  }

  /** Whoever may ask for a lease renews it thereby. */
  async #renewing<T>(leased: readonly Fid[], submitted: Promise<Result<T>>): Promise<Result<T>> {
    const result = await submitted;
    if (result.ok) for (const fid of leased) this.leases.renew(fid);
    return result;
  }

  /** One commit fires a limited number of deadlines; while more are due, the next one follows at once. */
  async #tick(): Promise<void> {
    this.premises.look();
    this.#commits.sample(performance.now(), this.counters.commits);
    const hasLeapt = this.#hasLeapt();
    if (this.#isFiring) return;
    this.#isFiring = true;
    while (!this.#closing && this.#isDue()) {
      // What agents have said already counts first, however long this station stood still.
      await turn();
      // Nobody had the time that the clock says has passed.
      const away = hasLeapt ? this.#allHosts() : this.agents.away;
      const isNew = hasLeapt || this.agents.isNew;
      const command = { type: 'FireDeadlines', away, isNew } as const;
      if (!(await this.#inBackground(command))) break;
    }
    this.#isFiring = false;
  }

  #allHosts(): ReadonlySet<string> {
    return new Set(Array.from(this.graph.all('host'), ({ fqdn }) => fqdn));
  }

  #isDue(): boolean {
    const next = this.graph.indexes.deadlines.next();
    return next !== undefined && next.at <= this.#now();
  }

  /** @returns whether it changed something */
  async #inBackground(command: Command): Promise<boolean> {
    // It was said, and is due again when the files are back.
    if (this.premises.trouble !== undefined) return false;
    try {
      const result = await this.submit(command, { actor: 'station' }, () => null);
      return result.ok && result.changed;
    } catch (error) {
      this.#logger.error({ err: error, command: command.type }, 'the log did not take a command');
      return false;
    }
  }
}
