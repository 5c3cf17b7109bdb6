/**
 * Who still renews the lease of a process. Renewals stay here, in memory; only a lease that runs out
 * becomes events.
 */

import type { Commit } from '../../core/events/commit.ts';
import { eventsOfType } from '../../core/events/reading.ts';
import type { Graph } from '../../core/graph/graph.ts';
import type { Fid } from '../../core/values/fid.ts';
import type { Clock } from '../clocks.ts';

const sweepMs = 250;
/** After a removal that the log did not take, the next try comes later, ms. */
const retryMs = 5000;

export interface LeasesOptions {
  readonly graph: () => Graph;
  /** How long this station was awake, ms. */
  readonly awake: Clock;
  /** Says that nobody renewed a lease in time. */
  readonly expired: (fid: Fid, reason: string) => void;
}

/** The processes that a commit puts under a lease. */
export const leasedIn = (commit: Commit | null): Fid[] =>
  commit ? eventsOfType(commit, 'ProcessLeased').map(({ data }) => data.fid) : [];

export class Leases {
  readonly #options: LeasesOptions;
  /** When each lease ends, in the time that this station was awake. */
  readonly #ends = new Map<Fid, number>();
  readonly #sweeper: NodeJS.Timeout;

  /** Processes that had a lease when the station last ran get one full lease to be heard from again. */
  constructor(options: LeasesOptions) {
    this.#options = options;
    for (const { fid, lease } of options.graph().all('process')) this.#extend(fid, lease);
    this.#sweeper = setInterval(() => this.#sweep(), sweepMs).unref();
  }

  /** How many leases are counted. */
  get size(): number {
    return this.#ends.size;
  }

  /** The owner of a process said that it is there. */
  renew(fid: Fid): void {
    this.#extend(fid, this.#options.graph().get('process', fid)?.lease);
  }

  close(): void {
    clearInterval(this.#sweeper);
  }

  #extend(fid: Fid, lease: number | null | undefined): void {
    if (typeof lease === 'number') this.#ends.set(fid, this.#options.awake() + lease * 1000);
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
