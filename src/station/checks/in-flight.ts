/** What is being asked: each machine by each check once at a time, however many want to know. */

import type { Found } from '../../checks/sweep/protocol.ts';
import type { Clock } from '../clocks.ts';

/** How late looks are, over those of the last minute or so. */
export interface Lag {
  /** Looks that are under way. */
  readonly underWay: number;
  /** Between when a look was due and when it began, ms: the longest of the last hundred thousand or fewer. */
  readonly longestMs: number;
  /** Looks that were due while the one before was still under way, since the station began. */
  readonly passedOver: number;
}

/** The longest lag fades to half in so long, ms. */
const fadingMs = 60_000;

/** What was not answered by then will not be, ms: every look has its own, shorter end. */
const forgottenMs = 600_000;

export class InFlight {
  readonly #now: Clock;
  readonly #dueAt = new Map<string, Map<string, number>>();
  #count = 0;
  #passedOver = 0;
  #longest = { ms: 0, at: 0 };

  constructor(now: Clock) {
    this.#now = now;
  }

  get lag(): Lag {
    const passed = this.#now() - this.#longest.at;
    const longestMs = Math.round(this.#longest.ms * 0.5 ** (passed / fadingMs));
    return { underWay: this.#count, longestMs, passedOver: this.#passedOver };
  }

  /**
   * @param dueAt when it should have begun; absent: now
   * @returns false where it is under way
   */
  begin(machine: string, check: string, dueAt?: number): boolean {
    let checks = this.#dueAt.get(machine);
    if (!checks) {
      checks = new Map<string, number>();
      this.#dueAt.set(machine, checks);
    }
    const before = checks.get(check);
    if (before !== undefined && this.#now() - before < forgottenMs) {
      if (dueAt !== undefined) this.#passedOver += 1;
      return false;
    }
    checks.set(check, dueAt ?? this.#now());
    if (before === undefined) this.#count += 1;
    return true;
  }

  has(machine: string, check: string): boolean {
    return this.#dueAt.get(machine)?.has(check) === true;
  }

  end({ machine, check, durationMs }: Pick<Found, 'machine' | 'check' | 'durationMs'>): void {
    const checks = this.#dueAt.get(machine);
    const dueAt = checks?.get(check);
    if (!checks || dueAt === undefined) return;
    checks.delete(check);
    if (checks.size === 0) this.#dueAt.delete(machine);
    this.#count -= 1;
    const late = Math.max(0, this.#now() - durationMs - dueAt);
    if (late > this.lag.longestMs) this.#longest = { ms: late, at: this.#now() };
  }

  /** Nobody asks any more. */
  clear(): void {
    this.#dueAt.clear();
    this.#count = 0;
  }
}
