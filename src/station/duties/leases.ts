/**
 * Who still renews the lease of a process. Renewals stay here, in memory; only a lease that runs out
 * becomes events.
 */

import type { Command } from '../../core/commands/index.ts';
import type { Commit } from '../../core/events/commit.ts';
import { eventsOfType } from '../../core/events/reading.ts';
import type { Graph } from '../../core/graph/graph.ts';
import type { Fid } from '../../core/values/fid.ts';
import type { Clock } from '../clocks.ts';
import type { MakeReply, Result } from '../result.ts';
import type { Cancel, Time } from '../time.ts';
import type { Duty } from './duty.ts';

const sweepMs = 250;
/** After a removal that the log did not take, the next try comes later, ms. */
const retryMs = 5000;

export interface LeasesOptions {
  readonly graph: () => Graph;
  /** How long this station was awake, ms. */
  readonly awake: Clock;
  readonly time: Time;
  /** Says that nobody renewed a lease in time. */
  readonly expired: (fid: Fid, reason: string) => void;
}

/** The processes that a commit puts under a lease. */
const leasedIn = (commit: Commit | null): Fid[] =>
  commit ? eventsOfType(commit, 'ProcessLeased').map(({ data }) => data.fid) : [];

export class Leases implements Duty {
  readonly #options: LeasesOptions;
  /** When each lease ends, in the time that this station was awake. */
  readonly #ends = new Map<Fid, number>();
  #sweeper: Cancel | null = null;

  constructor(options: LeasesOptions) {
    this.#options = options;
  }

  /** Processes that had a lease when a station last led get one full lease to be heard from again. */
  start(): void {
    const { graph, time } = this.#options;
    this.#sweeper = time.every(sweepMs, () => this.#sweep());
    for (const { fid, lease } of graph().all('process')) this.#extend(fid, lease);
  }

  async stop(): Promise<void> {
    this.#sweeper?.();
    this.#sweeper = null;
    this.#ends.clear();
  }

  /** How many leases are counted. */
  get size(): number {
    return this.#ends.size;
  }

  /** The owner of a process said that it is there. */
  renew(fid: Fid): void {
    this.#extend(fid, this.#options.graph().get('process', fid)?.lease);
  }

  /** Submits a command. Whoever may ask for a lease renews it thereby, also where nothing changes. */
  renewedBy<T>(
    command: Command,
    makeReply: MakeReply<T>,
    submit: (makeReply: MakeReply<T>) => Promise<Result<T>>,
  ): Promise<Result<T>> {
    if (command.type === 'LeaseProcess') return this.#renewing([command.fid], submit(makeReply));
    if (command.type !== 'AddProcesses' || command.lease === undefined) return submit(makeReply);
    const leased: Fid[] = [];
    const submitted = submit((graph, commit) => {
      leased.push(...leasedIn(commit));
      return makeReply(graph, commit);
    });
    return this.#renewing(leased, submitted);
  }

  async #renewing<T>(leased: readonly Fid[], submitted: Promise<Result<T>>): Promise<Result<T>> {
    const result = await submitted;
    if (result.ok) for (const fid of leased) this.renew(fid);
    return result;
  }

  #extend(fid: Fid, lease: number | null | undefined): void {
    if (this.#sweeper && typeof lease === 'number')
      this.#ends.set(fid, this.#options.awake() + lease * 1000);
  }

  #sweep(): void {
    const now = this.#options.awake();
    for (const [fid, end] of this.#ends) {
      if (end > now) continue;
      const lease = this.#options.graph().get('process', fid)?.lease;
      if (typeof lease !== 'number') this.#ends.delete(fid);
      else {
        this.#ends.set(fid, now + retryMs);
        this.#options.expired(fid, `its lease of ${lease} s was not renewed`);
      }
    }
  }
}
