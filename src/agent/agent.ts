/**
 * The agent: keeps one connection to one of its stations, and its station informed of what the host
 * is like.
 */

import { setTimeout as wait } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { HeardTerms } from '../disk/heard-terms.ts';
import { deniedPause, firstAttempt, following } from './backoff.ts';
import type { Pauses, Random } from './backoff.ts';
import { Connection } from './connection.ts';
import type { Deadlines, Welcome } from './connection.ts';
import { adviceOnRefusal, Ending } from './ending.ts';
import { endingOfTerm } from './leader.ts';
import { placeIn } from './named-station.ts';
import type { ReadOutput } from './output-viewers.ts';
import type { Assign, ProcessReport, ReportedFacts } from './protocol.ts';
import { hostGoesDown } from './shutdown.ts';
import type { Observation } from './supervision/assignment.ts';
import { saysShort } from './supervision/unknown.ts';

export interface Timing {
  readonly pauses: Pauses;
  readonly deadlines: Deadlines;
  /** Ms between two looks at the facts. */
  readonly factsMs: number;
}

export const defaultTiming: Timing = {
  pauses: { firstMs: 500, maxMs: 30_000, deniedMs: 30_000 },
  deadlines: {
    welcomeMs: 10_000,
    answerMs: 30_000,
    pongMs: 10_000,
    closeMs: 2_000,
    steadyMs: 5_000,
  },
  factsMs: 30_000,
};

export interface AgentOptions {
  /** In the order of preference; at least one. */
  readonly stations: readonly URL[];
  /** Asked before every attempt, so that a token can be replaced under a running agent. */
  readonly token: () => string;
  readonly ca: string | undefined;
  readonly fqdn: string;
  /** What the host is like now, given its address on the way to the station. */
  readonly facts: (localAddress: string) => Promise<ReportedFacts>;
  readonly supervisor: Supervisor;
  /** Of the stations that led. */
  readonly terms: HeardTerms;
  readonly log: Logger;
  readonly timing: Timing;
  readonly random: Random;
}

/** Runs the processes of this host. */
export interface Supervisor {
  assign(processes: Assign['processes'], options: { readonly full: boolean }): void;
  forget(fid: string): void;
  observations(): readonly Observation[];
  readonly readOutput: ReadOutput;
}

/** What a station is told of a process; more than this stays on the host. */
const reportOf = ({
  fid,
  generation,
  state,
  pid,
  reason,
}: Observation): Omit<ProcessReport, 'type' | 'id'> => ({
  fid,
  generation,
  state,
  pid,
  reason: reason.slice(0, 1024),
});

/** The token is shown to no station but those that were given, whoever names it. */
const strangerAdvice =
  'the station that leads is none of those that this agent was given: give it that one too, by HALCYON_STATION or --station';

export class Agent {
  readonly #options: AgentOptions;
  /** What is logged where nobody wants more. */
  readonly #level: string;
  /** The connection on which the station has said what this host has to run. */
  #briefed: Connection | undefined;
  /** What was said last of a station that was deposed, by its URL. */
  readonly #deposed = new Map<string, string>();
  /** Whether the station has said what to run in a term that is not on the disk. */
  #isWithheld = false;

  constructor(options: AgentOptions) {
    this.#options = options;
    this.#level = options.log.level;
  }

  /**
   * Runs until `stop` is aborted; settles when the station has been taken leave of. Nothing else
   * ends it. Where the reason is `hostGoesDown`, the station is told so.
   */
  async run(stop: AbortSignal): Promise<void> {
    const { stations, timing, random, log } = this.#options;
    let attempt = firstAttempt;
    while (!stop.aborted) {
      const station = stations[attempt.station]!;
      const { kind, message, advice, leader } = await this.#attend(station, stop);
      if (stop.aborted) return;
      const place = placeIn(stations, leader);
      const next = following(
        ...([attempt, kind, stations.length, timing.pauses, random] as const),
        place,
      );
      attempt = next.attempt;
      const again_ms = Math.round(next.pauseMs);
      log[this.#levelOf(station, kind, message)](
        {
          ...{ station: station.href, ending: kind, again_ms },
          advice: leader !== undefined && place === undefined ? strangerAdvice : advice,
        },
        message,
      );
      await pauseFor(next.pauseMs, stop);
    }
  }

  /** That a station was deposed, or follows, is said once, however often it is met. */
  #levelOf({ href }: URL, kind: Ending['kind'], message: string): 'error' | 'warn' | 'debug' {
    const before = this.#deposed.get(href);
    const isElsewhere = kind === 'deposed' || kind === 'misdirected';
    if (isElsewhere) this.#deposed.set(href, message);
    else if (kind === 'lost') this.#deposed.delete(href);
    if (isElsewhere && before === message) return 'debug';
    return kind === 'denied' ? 'error' : 'warn';
  }

  /** A disk that is full is no reason to be without a station, but one to start and stop nothing. */
  #hear({ term, cluster }: Welcome): void {
    const { terms, log } = this.#options;
    if (term === undefined || cluster === undefined) return;
    try {
      terms.hear({ term, cluster });
    } catch (error) {
      const text = 'cannot keep which station leads; nothing is started or stopped until it can be';
      log.error({ err: error, term }, text);
    }
  }

  /** As long as the station wishes, and no longer than this agent lives. */
  #trace(enabled: boolean): void {
    const { log } = this.#options;
    const level = enabled ? 'trace' : this.#level;
    if (log.level === level) return;
    log.level = level;
    log.info({ least: level }, 'the station wants another level of the log');
  }

  /** Passes on what the supervisor has seen. Without a station it is said once there is one. */
  observed(observation: Observation): void {
    this.#briefed?.reportProcess(reportOf(observation));
  }

  /**
   * After a full assignment the station is told of every process, whatever it was told before: so
   * it learns what happened while there was no connection.
   */
  #assigned(connection: Connection, { full, processes, forget }: Assign): void {
    const { supervisor, terms } = this.#options;
    if (!terms.isKept) {
      this.#isWithheld = true;
      return;
    }
    supervisor.assign(processes, { full });
    for (const fid of forget) supervisor.forget(fid);
    if (!full) return;
    this.#briefed = connection;
    for (const observation of supervisor.observations())
      connection.reportProcess(reportOf(observation));
  }

  /** Serves one connection to its end, and says how it ended. */
  async #attend(station: URL, stop: AbortSignal): Promise<Ending> {
    const { token, ca, fqdn, timing, random, log, supervisor, terms } = this.#options;
    let secret: string;
    this.#isWithheld = false;
    try {
      secret = token();
    } catch (error) {
      const { message } = error as Error;
      if (saysShort(error)) return new Ending('unreachable', message);
      return new Ending('denied', message, 'put the token of this host there');
    }
    const connection: Connection = new Connection({
      station,
      token: secret,
      ca,
      fqdn,
      deadlines: timing.deadlines,
      random,
      judge: (welcome) => endingOfTerm(terms, welcome),
      onWelcome: (welcome) => this.#hear(welcome),
      onAssign: (assign) => this.#assigned(connection, assign),
      readOutput: (fid, request) => supervisor.readOutput(fid, request),
      log,
      onTrace: (enabled) => this.#trace(enabled),
      onProcessRefused: (process, code, message) =>
        log.warn({ process, code }, `report about a process refused: ${message}`),
    });
    const leave = (): void =>
      void (stop.reason === hostGoesDown ? connection.closeWithHost() : connection.close());
    stop.addEventListener('abort', leave, { once: true });
    try {
      const { version, heartbeat_ms } = await connection.welcomed();
      log.info({ station: station.href, station_version: version, heartbeat_ms }, 'connected');
      await this.#keepInformed(connection);
    } catch (error) {
      if (!(error instanceof Ending)) throw error;
    } finally {
      this.#briefed = undefined;
      stop.removeEventListener('abort', leave);
      await connection.close();
    }
    return connection.ended.reason as Ending;
  }

  /** Reports the facts at once, and then when one has changed, until the connection ends. */
  async #keepInformed(connection: Connection): Promise<void> {
    const { timing, random, log } = this.#options;
    let taken: string | undefined;
    while (!connection.ended.aborted) {
      let pauseMs = timing.factsMs;
      const facts = await this.#look(connection);
      const said = JSON.stringify(facts);
      if (facts !== undefined && said !== taken) {
        const answer = await connection.report(facts);
        if (answer.type === 'taken') {
          taken = said;
          log.info({ revision: answer.revision, facts }, 'the station took the report');
        } else {
          const { code, message } = answer;
          pauseMs = deniedPause(timing.pauses, random);
          const again_ms = Math.round(pauseMs);
          log.error(
            { code, advice: adviceOnRefusal(code), again_ms },
            `report refused: ${message}`,
          );
        }
      }
      await pauseFor(pauseMs, connection.ended);
      await this.#catchUp(connection);
    }
  }

  /** What was withheld is said again on another connection, once the term is on the disk. */
  async #catchUp(connection: Connection): Promise<void> {
    if (!this.#isWithheld) return;
    const { terms, log } = this.#options;
    try {
      terms.keep();
    } catch (error) {
      log.debug({ err: error }, 'which station leads can still not be kept');
      return;
    }
    this.#isWithheld = false;
    log.info('which station leads is kept now; what to run is asked for again');
    await connection.close('what to run is asked for again');
  }

  async #look({ localAddress }: Connection): Promise<ReportedFacts | undefined> {
    try {
      return await this.#options.facts(localAddress);
    } catch (error) {
      this.#options.log.error({ err: error }, 'cannot gather the facts of this host');
      return undefined;
    }
  }
}

/** Waits, but not longer than until `end`. */
async function pauseFor(ms: number, end: AbortSignal): Promise<void> {
  await wait(ms, undefined, { signal: end }).catch((error: unknown) => {
    if (!end.aborted) throw error;
  });
}
