/**
 * Looks at every machine now and then, spread over the period, so that what is known of it has an age that is
 * bounded. One that cannot be looked at is looked at less often, until it can be again.
 */

import { Lag } from './lag.ts';
import type { Machine } from './machine.ts';
import type { Pacing } from './pacing.ts';
import type { Cancel, Random, Time } from './time.ts';

export interface PollingParts {
  readonly time: Time;
  readonly random: Random;
  /** May become another one at any time; see `paceChanged`. */
  readonly pacing: () => Pacing;
  /** Between two looks at one machine that cannot be looked at, at the longest, ms. */
  readonly troubledMs: number;
}

/** What is done again and again. */
export const periodicWorks = ['power', 'validation', 'event-logs'] as const;
export type PeriodicWork = (typeof periodicWorks)[number];

/** How one of them is going. */
export interface WorkState {
  readonly work: PeriodicWork;
  /** ms; 0: it is not done unasked. */
  readonly period_ms: number;
  /** What it is about. */
  readonly machines: number;
  /** How many of them are due and not begun. */
  readonly due: number;
  /** How late a look was begun, the latest of the last period, or is, ms. */
  readonly lag_ms: number;
}

interface Turn {
  due: number;
  failures: number;
  validateDue: number;
  eventsDue: number;
  /** When the look was due that waits for its turn; null: none does. */
  waiting: number | null;
}

const lookMs = 500;
/** Before what could not be read is read again, ms. */
const againMs = 3_600_000;
/** After an order the machine is looked at so soon, to see what came of it, ms. */
const soonMs = 2_000;
/** Lags of so long ago at least are told, ms. */
const toldMs = 60_000;

export class Polling {
  readonly #parts: PollingParts;
  readonly #turns = new Map<Machine, Turn>();
  readonly #lags: Readonly<Record<PeriodicWork, Lag>>;
  #cancel: Cancel | null = null;

  constructor(parts: PollingParts) {
    this.#parts = parts;
    const lag = (work: PeriodicWork): Lag => new Lag(() => Math.max(toldMs, this.#period(work)));
    this.#lags = {
      power: lag('power'),
      validation: lag('validation'),
      'event-logs': lag('event-logs'),
    };
  }

  add(machine: Machine): void {
    const now = this.#now();
    this.#turns.set(machine, {
      // A thousand that are registered at once are not looked at together for ever.
      due: this.#spread(now, 'power'),
      validateDue: now,
      eventsDue: this.#spread(now, 'event-logs'),
      failures: 0,
      waiting: null,
    });
  }

  remove(machine: Machine): void {
    this.#turns.delete(machine);
  }

  /** Something is about to change. */
  soon(machine: Machine): void {
    const turn = this.#turns.get(machine);
    if (turn && this.#period('power') > 0) turn.due = Math.min(turn.due, this.#now() + soonMs);
  }

  /** What is due later than the pacing of now allows is spread anew. */
  paceChanged(): void {
    const now = this.#now();
    const sooner = (due: number, work: PeriodicWork): number =>
      due > now + this.#period(work) || due === Infinity ? this.#spread(now, work) : due;
    for (const turn of this.#turns.values()) {
      // One that is being looked at finds out by itself.
      if (turn.due !== Infinity || this.#period('power') === 0)
        turn.due = sooner(turn.due, 'power');
      turn.validateDue = sooner(turn.validateDue, 'validation');
      turn.eventsDue = sooner(turn.eventsDue, 'event-logs');
    }
  }

  start(): void {
    this.#cancel ??= this.#every(lookMs, () => this.#look());
  }

  stop(): void {
    this.#cancel?.();
    this.#cancel = null;
  }

  /** How all of it is going. */
  get works(): readonly WorkState[] {
    const now = this.#now();
    return periodicWorks.map((work) => {
      const { due, lateMs } = work === 'power' ? this.#waiting(now) : { due: 0, lateMs: 0 };
      const lag = Math.max(this.#lags[work].worst(now), lateMs);
      return {
        ...{ work, period_ms: this.#period(work), machines: this.#turns.size },
        ...{ due, lag_ms: Math.round(lag) },
      };
    });
  }

  /** Machines whose turn it is and that nobody has been able to look at, and how late that is. */
  #waiting(now: number): { readonly due: number; readonly lateMs: number } {
    let [due, lateMs] = [0, 0];
    for (const { waiting } of this.#turns.values()) {
      if (waiting === null) continue;
      due += 1;
      lateMs = Math.max(lateMs, now - waiting);
    }
    return { due, lateMs };
  }

  #period(work: PeriodicWork): number {
    const { powerMs, validateMs, eventsMs } = this.#parts.pacing();
    if (work === 'power' || powerMs === 0) return powerMs;
    return work === 'validation' ? validateMs : eventsMs;
  }

  #spread(now: number, work: PeriodicWork): number {
    const period = this.#period(work);
    return period > 0 ? now + period * this.#chance() : Infinity;
  }

  #every(ms: number, call: () => void): Cancel {
    let cancel: Cancel = () => undefined;
    const next = (): void => {
      cancel = this.#parts.time.after(ms, () => {
        next();
        call();
      });
    };
    next();
    return () => cancel();
  }

  #look(): void {
    const now = this.#now();
    for (const [machine, turn] of this.#turns) {
      if (turn.due > now) continue;
      turn.waiting ??= turn.due;
      turn.due = Infinity;
      void this.#poll(machine, turn);
    }
  }

  async #poll(machine: Machine, turn: Turn): Promise<void> {
    try {
      await machine.observePower(0, () => this.#begun(turn));
      this.#begun(turn);
      turn.failures = 0;
      await this.#validate(machine, turn);
      await this.#readEvents(machine, turn);
    } catch {
      // The machine has told of it.
      this.#begun(turn);
      turn.failures++;
    }
    const period = this.#period('power');
    const troubledMs = Math.max(this.#parts.troubledMs, period);
    const wait = Math.min(period * 2 ** Math.min(turn.failures, 10), troubledMs);
    turn.due = period > 0 ? this.#now() + wait * (0.9 + 0.2 * this.#chance()) : Infinity;
  }

  #begun(turn: Turn): void {
    if (turn.waiting === null) return;
    const now = this.#now();
    this.#lags.power.began(now - turn.waiting, now);
    turn.waiting = null;
  }

  async #validate(machine: Machine, turn: Turn): Promise<void> {
    const { validateDue } = turn;
    if (validateDue > this.#now()) return;
    const period = this.#period('validation');
    try {
      await machine.validate(() => this.#late('validation', validateDue));
      turn.validateDue =
        period > 0 ? this.#now() + period * (0.9 + 0.2 * this.#chance()) : Infinity;
    } catch {
      turn.validateDue = this.#now() + Math.max(period, againMs);
    }
  }

  async #readEvents(machine: Machine, turn: Turn): Promise<void> {
    const { eventsDue } = turn;
    if (eventsDue > this.#now()) return;
    const period = this.#period('event-logs');
    try {
      this.#late('event-logs', eventsDue);
      await machine.systemEvents();
      turn.eventsDue = this.#now() + period;
    } catch {
      // A log that is too long to be read, or not there, is not asked for all the time.
      turn.eventsDue = this.#now() + Math.max(period, againMs);
    }
  }

  #late(work: PeriodicWork, due: number): void {
    const now = this.#now();
    this.#lags[work].began(now - due, now);
  }

  #now(): number {
    return this.#parts.time.monotonic();
  }

  /** From 0 to 1. */
  #chance(): number {
    return this.#parts.random(1).readUInt8(0) / 256;
  }
}
