/**
 * Which of several stations leads. Each of them watches the lease; who takes it appends that it leads
 * in the next term, and leads from the moment that this is durable.
 *
 * Why no two of them do harm:
 *
 * 1. A station decides only while it leads, and a commit is appended behind the revision at which it
 *    was decided, or not at all. To append behind another's `StationLed` a station must have applied
 *    it, and whoever applies it has stepped down. So in the log each term is one station's, and
 *    nothing of a term is behind the beginning of the next.
 * 2. What is done outside carries the term, and is refused by whoever has heard of a later one. What
 *    must not be done twice is durably begun before it is done, by 1. in the right term.
 * 3. Liveness is the lease's: it is taken when it has not changed for 15 s in which the log answered,
 *    or for as long as whoever has it wrote there, and he lets go when two thirds of that are over
 *    since he issued the last renewal that succeeded. He looks at both his clocks before each command
 *    and each effect, so that one who was halted notices at his first turn. Should a clock go wrong
 *    all the same, or an older release not know that a lease may last longer, there is 1.
 *
 * Nor does anybody lead without what his predecessors have kept beside the log, as secrets: that is
 * read, and his term written there so that they keep nothing more, when the beginning of the term is
 * in the log, and before there are any duties and commands.
 *
 * Whoever has stepped down waits until his duties have ended before he tries again; where one does
 * not end, the station does. Whoever cannot begin gives the lease back, and rests longer each time.
 */

import type { Command } from '../../core/commands/index.ts';
import { leadership } from '../../core/graph/leadership.ts';
import type { Graph } from '../../core/graph/graph.ts';
import type { EventLog } from '../../log/log.ts';
import type { SharedLog } from '../../log/register.ts';
import type { Duties } from '../duties/duty.ts';
import type { StationLogger } from '../logger.ts';
import { loggedOf } from '../refusals.ts';
import type { Result } from '../result.ts';
import { pause } from '../time.ts';
import type { Time } from '../time.ts';
import { leaderIn } from './leader-in.ts';
import { Lease } from './lease.ts';
import { Lookout } from './lookout.ts';
import { DutiesHangError, NotLeadingError } from './standing.ts';
import type { Leadership, Place, Standing } from './standing.ts';

/** Two who find the lease free at once do not take it at once, ms. */
const staggerMs = 1_000;
/** How often whoever leads looks whether he may, ms. */
const guardMs = 250;
/** For all duties to end, ms. */
export const stopMs = 30_000;
/** To learn what those who led before have kept beside the log, ms: that is one look. */
const catchUpMs = 5_000;
/** Before the next try, where the log did not take the beginning of a term, ms. */
const retryMs = 500;
/** Of a station that could not begin its term: the first rest, and the longest, ms. */
const rest = { least: 1_000, most: 60_000 } as const;

export interface ElectionParts {
  readonly log: Pick<EventLog, 'head' | 'subscribe'>;
  readonly shared: SharedLog;
  readonly graph: () => Graph;
  readonly duties: Duties;
  readonly place: Place;
  /** Of this data directory, and of no other; see `holderIn`. */
  readonly holder: string;
  readonly time: Time;
  /** How long its leases last, s. */
  readonly leaseSeconds: number;
  /** From 0 to 1. */
  readonly random: () => number;
  readonly logger: StationLogger;
  /**
   * Appends one behind all that the graph shows, whoever leads; resolves when it is durable, and waits
   * for its fate where that is in doubt.
   *
   * @throws {NotLeadingError} another's commit is in its place
   */
  readonly append: (command: Command) => Promise<Result<null>>;
  /** Resolves when all that was decided is durable, or is not any more. */
  readonly settled: () => Promise<void> | undefined;
  /** Why the graph does not follow the log any more. */
  readonly failed: Promise<Error>;
  /**
   * Learns what those who led before have kept beside the log, which nobody who leads may lack, and
   * ends that they write there.
   *
   * @throws that cannot be done now
   */
  readonly catchUp: (term: number) => Promise<void>;
  /** Told when a term of this station has begun; what it throws ends the term. */
  readonly led: () => void;
}

/** From when a station has the lease until it has let go of all that it began. */
interface Tenure {
  /** Of the log; null until that is durable. */
  term: number | null;
  readonly over: AbortController;
  /** Resolves when nothing of it goes on; null until that is asked for. */
  stopped: Promise<void> | null;
}

export class Election implements Leadership {
  readonly #parts: ElectionParts;
  readonly #lease: Lease;
  readonly #lookout: Lookout;
  readonly #ended = Promise.withResolvers<Error>();
  readonly #closing = new AbortController();
  #tenure: Tenure | null = null;
  #running: Promise<void> | null = null;
  #unsubscribe: (() => void) | null = null;
  #since: number;
  #isKnown = true;
  /** Whether duties are being started, and cannot be stopped yet. */
  #isBeginning = false;

  constructor(parts: ElectionParts) {
    const { shared, place, holder, time, leaseSeconds: seconds, logger } = parts;
    const register = shared.register('lease');
    this.#parts = parts;
    this.#lease = new Lease({ register, place, holder, time, seconds });
    this.#lookout = new Lookout({ lease: this.#lease, place, logger });
    this.#since = time.now();
  }

  get ended(): Promise<Error> {
    return this.#ended.promise;
  }

  get standing(): Standing {
    const { graph, place } = this.#parts;
    const role = this.#isLeading ? 'leading' : 'following';
    const term = leadership(graph())?.term ?? 0;
    return { role, name: place.station, term, leader: this.#leader, since: this.#since };
  }

  /** It takes part from now on. */
  start(): void {
    const { log, shared, failed } = this.#parts;
    if (this.#running) return;
    for (const end of [failed, shared.lost])
      void end?.then((error) => this.#end(error, 'its log cannot be followed any more'));
    this.#unsubscribe = log.subscribe(
      log.head(),
      () => this.#heed(),
      () => undefined,
    );
    this.#running = this.#participate();
  }

  /** Lets others lead at once, where this station did. */
  async stop(): Promise<void> {
    this.#closing.abort();
    this.#stepDown('the station stops');
    await this.#running;
    this.#unsubscribe?.();
  }

  mayLead(): boolean {
    if (this.#tenure) this.#guard(this.#tenure);
    return this.#isLeading;
  }

  /** Another's commit is in the place of one that was decided here. */
  displaced(): void {
    if ((this.#tenure?.term ?? null) !== null) this.#stepDown('another station has appended');
  }

  get #isLeading(): boolean {
    const tenure = this.#tenure;
    return (tenure?.term ?? null) !== null && !tenure!.over.signal.aborted && this.#lease.isHeld;
  }

  get #leader(): Place | null {
    const { graph, place } = this.#parts;
    if (this.#isLeading) return place;
    return this.#lookout.isLed ? leaderIn(graph(), place.station) : null;
  }

  /** What the log has brought may say that another leads, or that this station is retired. */
  #heed(): void {
    const { graph, place } = this.#parts;
    const led = leadership(graph());
    this.#lookout.heard(led?.term ?? 0);
    const term = this.#tenure?.term ?? null;
    if (term === null) return;
    if (led?.station !== place.station) this.#stepDown('it was retired, or another station leads');
    else if (led.term !== term) this.#stepDown('another process leads by its name');
  }

  #end(error: Error, why: string): void {
    this.#closing.abort();
    this.#stepDown(why);
    this.#ended.resolve(error);
  }

  async #participate(): Promise<void> {
    const { time, random } = this.#parts;
    const { signal } = this.#closing;
    let failures = 0;
    while (!signal.aborted) {
      if (await this.#hasTaken()) {
        const hasLed = await this.#lead();
        failures = hasLed ? 0 : failures + 1;
        const ms = failures && Math.min(rest.most, rest.least * 2 ** (failures - 1));
        await pause(time, ms * (0.5 + random()), signal);
      }
      await pause(time, this.#lease.untilNextLookMs, signal);
    }
  }

  /** Takes the lease, where it is free and this station may. */
  async #hasTaken(): Promise<boolean> {
    const { time, random } = this.#parts;
    const { signal } = this.#closing;
    const look = await this.#lookout.look();
    if (!this.#mayTry() || look !== 'free') return false;
    await pause(time, random() * staggerMs, signal);
    if (signal.aborted || !(await this.#lease.take())) return false;
    if (!signal.aborted) return true;
    await this.#lease.release();
    return false;
  }

  /** One that the cluster does not know follows. The first one of all makes itself known. */
  #mayTry(): boolean {
    const { graph, place, logger } = this.#parts;
    const isKnown = !!graph().get('station', place.station) || graph().count('station') === 0;
    if (isKnown !== this.#isKnown) {
      const advice = `halctl system station add ${place.station} --url ${place.url}`;
      if (isKnown) logger.info({ station: place.station }, 'the cluster knows this station now');
      else
        logger.warn(
          { station: place.station },
          `the cluster does not know this station, which follows and never leads; to change that: ${advice}`,
        );
    }
    this.#isKnown = isKnown;
    return isKnown;
  }

  /** From the lease to the end of the term. @returns whether it has led */
  async #lead(): Promise<boolean> {
    const { duties } = this.#parts;
    const tenure: Tenure = { term: null, over: new AbortController(), stopped: null };
    this.#tenure = tenure;
    const { signal } = tenure.over;
    const cancel = this.#parts.time.every(guardMs, () => this.#guard(tenure));
    const renewing = this.#renew(signal);
    let hasLed = false;
    try {
      hasLed = await this.#establish(tenure);
      if (hasLed) await aborted(signal);
      else this.#stepDown('it could not begin a term');
    } finally {
      cancel();
      await renewing;
      const stopped = tenure.stopped ?? Promise.try(() => duties.stop());
      const hasStopped = await this.#within(stopMs, stopped);
      if (hasStopped) {
        if (this.#closing.signal.aborted) await this.#within(retryMs, this.#parts.settled());
        await this.#lease.release();
        this.#tenure = null;
      } else {
        this.#parts.logger.error({}, 'a duty of the leading station does not end');
        this.#end(new DutiesHangError(), 'a duty does not end');
      }
    }
    return hasLed;
  }

  #guard(tenure: Tenure): void {
    if (!tenure.over.signal.aborted && !this.#lease.isHeld)
      this.#stepDown('its lease was not renewed in time');
  }

  async #renew(signal: AbortSignal): Promise<void> {
    const { time } = this.#parts;
    const { renewMs } = this.#lease.times;
    let ms = renewMs;
    while (!signal.aborted) {
      await pause(time, ms, signal);
      if (signal.aborted) return;
      const renewed = await this.#lease.renew();
      if (renewed === 'free') this.#stepDown('another station has the lease');
      ms = renewed === 'held' ? renewMs : Math.min(retryMs, renewMs);
    }
  }

  /** Begins a term, in the log and then here. @returns whether it has begun */
  async #establish(tenure: Tenure): Promise<boolean> {
    const { graph, duties, place, time, logger, append, led } = this.#parts;
    const { signal } = tenure.over;
    const over = aborted(signal);
    while (!signal.aborted) {
      const term = (leadership(graph())?.term ?? 0) + 1;
      try {
        const appended = append({ type: 'LeadStation', term, ...place });
        appended.catch(() => undefined);
        const result = await Promise.race([appended, over]);
        // Its term may begin yet, in the log: then nobody leads in it.
        if (!result || signal.aborted) return false;
        if (!result.ok) {
          logger.warn({ ...result.rejection }, 'this station may not lead');
          return false;
        }
        // What a commit needs is kept before it, and those before have appended their last.
        if (!(await this.#hasCaughtUp(term, over))) return false;
        this.#guard(tenure);
        if (signal.aborted || leadership(graph())?.term !== term) return false;
        tenure.term = term;
        this.#since = time.now();
        logger.info({ term, station: place.station }, 'this station leads');
        this.#begin(duties, term);
        led();
        return true;
      } catch (error) {
        if (tenure.term !== null) {
          logger.error({ err: error, term }, 'the duties of the leading station do not begin');
          return false;
        }
        // Another has appended meanwhile: once that is applied, behind it.
        if (!(error instanceof NotLeadingError))
          logger.warn(
            { ...loggedOf(error), term },
            'the log does not take the beginning of a term',
          );
        await pause(time, retryMs, signal);
      }
    }
    return false;
  }

  /** Where it has not, others are to lead: not to know what was kept is not to have nothing. */
  async #hasCaughtUp(term: number, over: Promise<undefined>): Promise<boolean> {
    const { catchUp, logger } = this.#parts;
    const hasCaughtUp = await Promise.race([this.#within(catchUpMs, catchUp(term)), over]);
    if (hasCaughtUp === false)
      logger.warn(
        {},
        'what the leading station before has kept cannot be read or taken over; it may not lead',
      );
    return hasCaughtUp === true;
  }

  #begin(duties: Duties, term: number): void {
    this.#isBeginning = true;
    try {
      duties.start(term);
    } finally {
      this.#isBeginning = false;
    }
  }

  /** Takes no command any more from here on, and ends what goes on; whoever waits to lead may. */
  #stepDown(why: string): void {
    const { duties, logger, time, place } = this.#parts;
    const tenure = this.#tenure;
    if (!tenure || tenure.over.signal.aborted) return;
    const { term } = tenure;
    tenure.over.abort();
    this.#since = time.now();
    if (term !== null)
      logger.warn({ term, station: place.station, why }, 'this station leads no more');
    // Agents lose their connections with that, and look for the one that leads.
    if (this.#isBeginning) return;
    tenure.stopped = Promise.try(() => duties.stop());
    tenure.stopped.catch(() => undefined);
  }

  /** Whether something ends in time; what fails has not. */
  async #within(ms: number, work: Promise<void> | undefined): Promise<boolean> {
    const tooLate = new AbortController();
    const late = pause(this.#parts.time, ms, tooLate.signal).then(() => false);
    const done = Promise.resolve(work).then(
      () => true,
      () => false,
    );
    try {
      return await Promise.race([done, late]);
    } finally {
      tooLate.abort();
    }
  }
}

const aborted = (signal: AbortSignal): Promise<undefined> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve(undefined);
    else signal.addEventListener('abort', () => resolve(undefined), { once: true });
  });
