/**
 * The lease of the station that leads: a register, of which only the version counts, and how long it
 * lasts. Whoever has it renews it, and believes to have it for two thirds of what he wrote; whoever
 * waits, waits for all of that, whatever he would write himself. Its holder and its times are for
 * people: no clock is compared with another station's.
 *
 * It decides who tries to lead, and nothing more. Were two to believe at once that they have it, the
 * log would still take the commits of one of them only.
 */

import type { Register, RegisterEntry } from '../../log/register.ts';
import type { Time } from '../time.ts';
import { isLease, leaseTimes, usualLease } from './lease-times.ts';
import type { LeaseTimes } from './lease-times.ts';
import type { Place } from './standing.ts';

export interface LeaseParts {
  readonly register: Register;
  readonly place: Place;
  /** Of this data directory, and of no other; see `holderIn`. */
  readonly holder: string;
  readonly time: Time;
  /** How long those last that this station writes, s. */
  readonly seconds: number;
}

/** What a look at it tells: `held` by another, `free` to be taken, or nobody knows. */
export type Look = 'held' | 'free' | 'unknown';

interface Seen {
  readonly version: number;
  /** How long it lasts, by what is written there, ms. */
  readonly leaseMs: number;
  /** How long it has not changed, ms. */
  unchanged: number;
  /** When it was asked for last, by a clock that never jumps. */
  asked: number;
}

export class Lease {
  /** Of the leases that this station writes. */
  readonly times: LeaseTimes;
  readonly #parts: LeaseParts;
  #seen: Seen | null = null;
  #renewer: string | null = null;
  /** What was put there last by this station; 0: it does not have it. */
  #version = 0;
  /** When the last renewal that succeeded was issued, by both clocks. */
  #issued: { readonly monotonic: number; readonly wall: number } | null = null;

  constructor(parts: LeaseParts) {
    this.#parts = parts;
    this.times = leaseTimes(parts.seconds);
  }

  /**
   * Whether this station may act on it now. Of its two clocks the one counts that has gone further:
   * one may have stood still while the machine did.
   */
  get isHeld(): boolean {
    const { time } = this.#parts;
    const { holdMs } = this.times;
    const issued = this.#issued;
    if (!issued) return false;
    return time.monotonic() - issued.monotonic < holdMs && time.now() - issued.wall < holdMs;
  }

  /** Looks whether it may be taken. A look that fails begins the waiting anew. */
  async look(): Promise<Look> {
    const { time, register } = this.#parts;
    const asked = time.monotonic();
    let entry: RegisterEntry | undefined;
    try {
      entry = await this.#answered(register.read());
    } catch {
      this.#seen = null;
      return 'unknown';
    }
    const version = entry?.version ?? 0;
    const { leaseMs, longestLookMs } = leaseTimes(lastsIn(entry));
    const before = this.#seen;
    if (before?.version === version) {
      before.unchanged += Math.min(Math.max(0, asked - before.asked), longestLookMs);
      before.asked = asked;
    } else {
      if (before && entry && !this.#isOpen(entry)) this.#renewer = stationIn(entry);
      this.#seen = { version, leaseMs, unchanged: 0, asked: time.monotonic() };
    }
    return this.#isOpen(entry) || this.#seen!.unchanged >= leaseMs ? 'free' : 'held';
  }

  /** Which station has taken or renewed it between two looks, the last that did; null: nobody was seen to. */
  get renewer(): string | null {
    return this.#renewer;
  }

  /** Until the next look, ms: not later than when it will have run out, should nobody renew it. */
  get untilNextLookMs(): number {
    const { renewMs } = this.times;
    const left = this.#seen ? this.#seen.leaseMs - this.#seen.unchanged : 0;
    return left > 0 ? Math.min(renewMs, left) : renewMs;
  }

  /** Takes it, where it is as the last look found it. */
  async take(): Promise<boolean> {
    const seen = this.#seen;
    this.#seen = null;
    return seen !== null && (await this.#put(seen.version)) === 'held';
  }

  /** Renews it. `held` by this station, `free` to others, or nobody knows. */
  async renew(): Promise<Look> {
    const put = await this.#put(this.#version);
    if (put === 'held') return put;
    // Another's is there, or one of this station's whose answer did not come in time.
    try {
      const entry = await this.#answered(this.#parts.register.read());
      if (!entry || contentOf(entry)?.holder !== this.#parts.holder) return 'free';
      this.#version = entry.version;
    } catch {
      // The next renewal will tell.
    }
    return 'unknown';
  }

  /** Gives it back, so that others need not wait until it runs out. Whoever has it by now keeps it. */
  async release(): Promise<void> {
    const version = this.#version;
    this.drop();
    if (version > 0) await this.#put(version, null);
  }

  /** Does not act on it any more. */
  drop(): void {
    this.#issued = null;
    this.#version = 0;
  }

  async #put(
    seen: number,
    place: Place | null = this.#parts.place,
  ): Promise<'held' | 'another' | 'unknown'> {
    const { time, register, holder, seconds } = this.#parts;
    const issued = { monotonic: time.monotonic(), wall: time.now() };
    const at = new Date(issued.wall).toISOString();
    const content = { ...place, holder: place && holder, seconds, at };
    try {
      const value = Buffer.from(JSON.stringify(content));
      const version = await this.#answered(register.replace(seen, value));
      if (version === undefined) return 'another';
      if (place) {
        this.#version = version;
        this.#issued = issued;
      }
      return 'held';
    } catch {
      return 'unknown';
    }
  }

  /** Whether it was given back, or was put there by this station. */
  #isOpen(entry: RegisterEntry | undefined): boolean {
    const holder = entry ? contentOf(entry)?.holder : null;
    return holder === null || holder === this.#parts.holder;
  }

  /** @throws {Error} there was no answer in time */
  async #answered<T>(answer: Promise<T>): Promise<T> {
    const { promise, reject } = Promise.withResolvers<never>();
    const { answerMs } = this.times;
    const cancel = this.#parts.time.after(answerMs, () => reject(new Error('no answer in time')));
    try {
      return await Promise.race([answer, promise]);
    } finally {
      cancel();
    }
  }
}

interface Content {
  readonly station?: unknown;
  readonly holder?: unknown;
  readonly seconds?: unknown;
}

/** Undefined where it cannot be read, which says nothing. */
const contentOf = ({ value }: RegisterEntry): Content | undefined => {
  try {
    return (JSON.parse(value.toString('utf8')) ?? undefined) as Content;
  } catch {
    return undefined;
  }
};

/** Empty where that is not said. */
const stationIn = (entry: RegisterEntry): string => {
  const station = contentOf(entry)?.station;
  return typeof station === 'string' ? station : '';
};

/** How long it lasts by what whoever has it wrote, s. */
const lastsIn = (entry: RegisterEntry | undefined): number => {
  const seconds = entry && contentOf(entry)?.seconds;
  return isLease(seconds) ? seconds : usualLease;
};
