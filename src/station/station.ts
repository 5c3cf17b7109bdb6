/**
 * A tracking station: a replica of the cluster, the duties of whoever leads it, and what its API
 * answers from. Everything it knows is in the log; heartbeats and open connections are the
 * exception, and they are rebuilt by the agents themselves.
 */

import { join, resolve } from 'node:path';
import { usualSettings } from '../checks/settings/settings.ts';
import type { Command } from '../core/commands/index.ts';
import type { MintedToken } from '../core/decision.ts';
import type { EngineCounters } from '../core/engine.ts';
import type { EventRecord } from '../core/events/commit.ts';
import type { Graph } from '../core/graph/graph.ts';
import type { Kind } from '../core/graph/resources.ts';
import type { Fid } from '../core/values/fid.ts';
import type { Refused } from '../core/values/rejection.ts';
import type { Revision } from '../core/values/revision.ts';
import { ownFileSync } from '../disk/modes.ts';
import { NotInPlaceError } from '../log/log.ts';
import type { EventLog } from '../log/log.ts';
import { openLog } from '../log/open.ts';
import { Access } from './access/access.ts';
import { keyFile } from './access/key-file.ts';
import type { KeyRing } from './access/keys.ts';
import { secretsOf } from './access/secrets-of.ts';
import type { Secrets } from './access/secrets.ts';
import type { Sender } from './access/sender.ts';
import { processToken } from './access/tokens.ts';
import { Users } from './access/users.ts';
import { holdDataDirectory } from './data-directory.ts';
import type { DataDirectory } from './data-directory.ts';
import type { AgentSessions } from './duties/agent-sessions.ts';
import type { Checks } from './duties/checks.ts';
import { deadlineWork } from './duties/deadlines.ts';
import type { Dispatcher } from './duties/dispatcher.ts';
import { dutiesOf } from './duties/duties-of.ts';
import { Duties } from './duties/duty.ts';
import type { Leases } from './duties/leases.ts';
import { Mandate } from './duties/mandate.ts';
import { Snapshots } from './duties/snapshots.ts';
import { LongReads } from './fair-use/long-reads.ts';
import type { Asker } from './fair-use/long-reads.ts';
import { passwordShare } from './fair-use/shares.ts';
import { Turns } from './fair-use/turns.ts';
import { Fleet } from './fleet/fleet.ts';
import { knownGroups } from './groups/known-groups.ts';
import type { KnownGroups } from './groups/known-groups.ts';
import { leaderIn } from './leadership/leader-in.ts';
import { leadershipOf } from './leadership/leadership-of.ts';
import { NotLeadingError } from './leadership/standing.ts';
import type { Leadership, Standing } from './leadership/standing.ts';
import { Loads } from './loading/loads.ts';
import { PolicyFile } from './loading/policy-file.ts';
import type { StationLogger } from './logger.ts';
import { Announced } from './obm/announced.ts';
import { Obms } from './obm/obms.ts';
import { worksOf } from './obm/works.ts';
import { Observations } from './observations/observations.ts';
import { PeriodicWorks } from './periodic.ts';
import { Premises } from './premises.ts';
import { ChangedHosts } from './queries/changed-hosts.ts';
import { Departed } from './queries/departed.ts';
import { OperationWaits } from './queries/operation-waits.ts';
import type { Archive, GraphAt } from './replica/archive.ts';
import { heardLog } from './replica/heard-log.ts';
import type { History, Moment } from './replica/history.ts';
import type { LogIndex } from './replica/log-index.ts';
import { Replica } from './replica/replica.ts';
import type { MakeReply, Result } from './result.ts';
import { Suggestions } from './suggestions/suggestions.ts';
import type { StationOptions } from './station-options.ts';
import { sharing } from './sharing.ts';
import { systemTime } from './time.ts';
import type { Time } from './time.ts';

export type { StationOptions } from './station-options.ts';

const defaultSnapshotEvery = 50_000;

interface Parts {
  readonly options: StationOptions;
  readonly time: Time;
  readonly turns: Turns;
  readonly data: DataDirectory;
  readonly replica: Replica;
  readonly keys: KeyRing;
  readonly secrets: Secrets;
  readonly mandate: Mandate;
}

export class Station {
  readonly time: Time;
  readonly replica: Replica;
  readonly log: EventLog;
  readonly index: LogIndex;
  readonly archive: Archive;
  readonly history: History;
  readonly access: Access;
  readonly users: Users;
  readonly policy: PolicyFile;
  readonly secrets: Secrets;
  readonly premises: Premises;
  /** By which it orders anything outside. */
  readonly mandate: Mandate;
  readonly agents: AgentSessions;
  readonly leases: Leases;
  readonly dispatcher: Dispatcher;
  readonly duties: Duties;
  readonly operations: OperationWaits;
  readonly changedHosts: ChangedHosts;
  readonly departed: Departed;
  /** For work that costs more than a moment. */
  readonly turns: Turns;
  readonly longReads: LongReads;
  readonly loads: Loads;
  readonly obms: Obms;
  readonly groups: KnownGroups;
  /** What checks found out about machines. */
  readonly observations = new Observations();
  readonly checks: Checks;
  readonly fleet: Fleet;
  readonly periodic = new PeriodicWorks();
  readonly suggestions: Suggestions;
  /** Of the data, absolute. */
  readonly directory: string;
  /** Wall clock, ms since the epoch. */
  readonly started: number;
  readonly #snapshots: Snapshots;
  readonly #data: DataDirectory;
  readonly #logger: StationLogger;
  readonly #leadership: Leadership;
  readonly #led: (() => void)[] = [];
  #closed: Promise<void> | undefined;

  /**
   * Opens a data directory and brings the graph to the log's head. It takes commands and answers;
   * what has to happen by itself begins with `start`.
   *
   * @throws {LogUrlError} no driver opens such a URL
   * @throws {LogLockedError | LogCorruptError | LogUnavailableError} the log cannot be used;
   *   nothing was changed
   * @throws {UnknownEventError} a newer version wrote the log
   * @throws {StationUnavailableError} directory, key or secrets cannot be used
   */
  static async open(options: StationOptions): Promise<Station> {
    const { directory, logger, time = systemTime, verify = 'tail' } = options;
    const { log: given = `sqlite:${directory}` } = options;
    const narrowed = (path: string, mode: string): void =>
      logger.warn({ path, mode }, 'others could use it; now nobody else can');
    const mirror = { directory, news: logger };
    const log = heardLog(
      typeof given === 'string' ? await openLog(given, { verify, narrowed, mirror }) : given,
    );
    let data: DataDirectory | undefined;
    let secrets: Secrets | undefined;
    try {
      data = holdDataDirectory(directory, log, { logger, narrowed });
      ownFileSync(join(directory, 'secrets.json'), narrowed);
      const turns = new Turns(time.monotonic);
      const keys = keyFile(directory, log.head() === 0);
      secrets = await secretsOf({ log, directory, keys, ...sharing(time, logger) });
      const mint = (fid: Fid): MintedToken => {
        const { id, hash } = processToken(keys, fid);
        return { id, hash };
      };
      const replica = await Replica.open({
        log,
        directory,
        trouble: data.trouble,
        logger,
        time,
        turns,
        mint,
        notLeading: (graph) => new NotLeadingError(leaderIn(graph, options.name)),
        requests: options.requests,
      });
      const mandate = await Mandate.of(log, logger);
      return new Station({ options, time, turns, data, replica, keys, secrets, mandate });
    } catch (error) {
      secrets?.close();
      data?.release();
      await log.close();
      throw error;
    }
  }

  private constructor(parts: Parts) {
    const { options, time, turns, data, replica, keys, secrets, mandate } = parts;
    const { logger, snapshotEvery: every = defaultSnapshotEvery } = options;
    const { log, archive, now } = replica;
    const graph = (): Graph => replica.graph;
    this.directory = resolve(options.directory);
    this.started = now();
    this.time = time;
    this.replica = replica;
    this.log = log;
    this.index = replica.index;
    this.archive = archive;
    this.history = replica.history;
    this.secrets = secrets;
    this.mandate = mandate;
    this.turns = turns;
    this.longReads = new LongReads(turns);
    this.loads = new Loads(turns);
    const settled = this.settled.bind(this);
    this.operations = new OperationWaits({ log, graph, settled, time, turns });
    replica.whenDisplaced(() => this.operations.lookAgain());
    const head = (): number => replica.head;
    this.groups = knownGroups({ settings: options.groups, graph, head, time, logger });
    const { scheduled } = this.groups;
    this.fleet = new Fleet({ graph: replica.graph, observations: this.observations, scheduled });
    this.departed = new Departed(replica.graph);
    this.changedHosts = new ChangedHosts(replica.graph, () => replica.head);
    const known = { graph: replica.graph, observations: this.observations, now };
    this.suggestions = new Suggestions({ ...known, scheduling: scheduled, rules: options.rules });
    const { directory } = this;
    const premises = new Premises({ log, directory, data, keys, secrets, logger, time });
    this.premises = premises;
    this.#data = data;
    this.#logger = logger;
    const submit = <T>(command: Command, makeReply: MakeReply<T>): Promise<Result<T>> =>
      this.submit(command, { actor: 'station' }, makeReply);
    this.access = new Access({ graph, now, keys, submit });
    const by = this.submit.bind(this);
    this.users = new Users({ graph, now, secrets, submit: by, room: passwordShare() });
    this.policy = new PolicyFile({ path: options.policy, submit: by, logger });
    const reach = { time, ca: options.obmdCa, announced: new Announced(mandate) };
    this.obms = new Obms({
      graph,
      secrets,
      reach,
      submit: (command, sender) => this.submit(command, sender, () => null),
      refusal: (command, sender) => {
        const decision = this.dryRun(command, sender);
        return decision.ok ? undefined : decision;
      },
    });

    this.periodic.add(() => [deadlineWork(graph(), now())]);
    this.periodic.add(() => worksOf(this.obms.observed, time.now()));
    const made = dutiesOf({
      ...{ log, graph, now, time, turns, logger, premises, reach, directory, submit },
      ...{ obms: this.obms, observations: this.observations, groups: this.groups, site: this },
      settings: options.checks ?? usualSettings,
      mayAct: () => mandate.stands(),
    });
    this.agents = made.agents;
    this.leases = made.leases;
    this.dispatcher = made.dispatcher;
    this.checks = made.checks;
    this.#snapshots = new Snapshots({
      ...{ log, archive, every, logger, settled },
      present: () => replica.present,
    });
    // Who follows makes his own, too.
    this.duties = new Duties([mandate, ...made.duties, ...(log.shared ? [] : [this.#snapshots])]);
    const { duties } = this;
    const led = (): void => {
      for (const tell of this.#led) tell();
    };
    const catchUp = async (term: number): Promise<void> => secrets.catchUp(term);
    this.#leadership = leadershipOf({ replica, duties, time, logger, catchUp, led, options });
    const stillLeads = (): boolean => this.#leadership.mayLead();
    // Who was told so looks at his lease, and at the log, which is what counts.
    if (log.shared) mandate.judgedBy({ stillLeads, deposed: () => void stillLeads() });
  }

  /**
   * Takes up the duties of whoever leads: at once where the log is this station's own; otherwise in
   * its turn.
   *
   * @param term of a station that is alone: from 1, and greater than any before
   */
  start(term: number): void {
    this.replica.start();
    this.premises.watch();
    if (this.log.shared) {
      this.#snapshots.start();
      this.whenLeading(() => this.#forgetSecrets());
    } else this.#forgetSecrets();
    this.#leadership.start(term);
  }

  /** Calls whenever this station has begun to lead. */
  whenLeading(tell: () => void): void {
    this.#led.push(tell);
  }

  /** Whether it leads, and who does. */
  get standing(): Standing {
    return this.#leadership.standing;
  }

  /** Why it cannot go on and must be opened anew, from the beginning; never, where it can. */
  get ended(): Promise<Error> {
    return this.#leadership.ended;
  }

  /**
   * Resolves once the graph shows a revision, durably.
   *
   * @throws the reason of the signal
   */
  reached(revision: Revision, signal: AbortSignal): Promise<void> {
    return this.replica.reached(revision, signal);
  }

  /** A disk that is full keeps nobody from starting. */
  #forgetSecrets(): void {
    Promise.all([this.obms, this.users].map((each) => each.forgetUnused())).catch(
      (error: unknown) => {
        this.#logger.warn({ err: error }, 'secrets that nobody needs any more are kept for now');
      },
    );
  }

  /**
   * Finishes what was begun, writes a snapshot where it would save time, and lets go of everything.
   */
  close(): Promise<void> {
    return (this.#closed ??= this.#close());
  }

  async #close(): Promise<void> {
    this.premises.unwatch();
    this.secrets.close();
    this.operations.close();
    await this.#leadership.stop();
    await this.#snapshots.stop();
    await this.obms.looks.stop();
    await this.loads.close();
    await this.replica.settled()?.catch(() => undefined);
    await this.#snapshots.conclude();
    await this.replica.close();
    await this.log.close().finally(() => this.#data.release());
  }

  /** See `Replica`, as all that follows. */
  get graph(): Graph {
    return this.replica.graph;
  }

  get head(): Revision {
    return this.replica.head;
  }

  get at(): number {
    return this.replica.at;
  }

  get counters(): EngineCounters {
    return this.replica.counters;
  }

  get waiting(): number {
    return this.replica.waiting;
  }

  now(): number {
    return this.replica.now();
  }

  settled(): Promise<void> | undefined {
    return this.replica.settled();
  }

  isDurable(kinds: readonly Kind[]): boolean {
    return this.replica.isDurable(kinds);
  }

  dryRun(
    command: Command,
    sender: Sender,
    look?: (graph: Graph, events: readonly EventRecord[]) => void,
  ): { ok: true; events: EventRecord[] } | Refused {
    return this.replica.dryRun(command, sender, look);
  }

  past(moment: Moment, asker: Asker): Promise<GraphAt> {
    return this.replica.past(moment, asker);
  }

  /**
   * Decides a command and waits until it is durable.
   *
   * @param makeReply made at once from the graph as the command left it
   * @throws {AppendFailedError | LogBusyError | NotInPlaceError} the log could not keep it; nothing
   *   happened
   * @throws {NotLeadingError} another station is to be asked; nothing happened
   */
  submit<T>(command: Command, sender: Sender, makeReply: MakeReply<T>): Promise<Result<T>> {
    const { trouble } = this.premises;
    if (trouble !== undefined) return Promise.reject(new NotInPlaceError(trouble));
    if (!this.#leadership.mayLead())
      return Promise.reject(new NotLeadingError(this.standing.leader));
    return this.leases.renewedBy(command, makeReply, (makeReply) =>
      this.replica.submit(command, sender, makeReply),
    );
  }
}
