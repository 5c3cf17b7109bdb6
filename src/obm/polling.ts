/**
 * Looks at every machine now and then, spread over the period, so that what is known of it has an age that is
 * bounded. One that cannot be looked at is looked at less often, until it can be again.
 */

import type { Machine } from './machine.ts';
import type { Cancel, Random, Time } from './time.ts';

export interface PollingParts {
  readonly time: Time;
  readonly random: Random;
  /** Between two looks at one machine, ms. */
  readonly periodMs: number;
  /** The same for one that cannot be looked at, at the longest, ms. */
  readonly troubledMs: number;
  /** Between two looks at the event log of one machine, ms; 0: none. */
  readonly eventsMs: number;
}

interface Turn {
  due: number;
  failures: number;
  eventsDue: number;
}

const lookMs = 500;
/** Before an event log that could not be read is read again, ms. */
const eventsAgainMs = 3_600_000;
/** After an order the machine is looked at so soon, to see what came of it, ms. */
const soonMs = 2_000;

export class Polling {
  readonly #parts: PollingParts;
  readonly #turns = new Map<Machine, Turn>();
  #cancel: Cancel | null = null;

  constructor(parts: PollingParts) {
    this.#parts = parts;
  }

  add(machine: Machine): void {
    const { time, periodMs, eventsMs } = this.#parts;
    const now = time.monotonic();
    // A thousand that are registered at once are not looked at together for ever.
    const due = now + periodMs * this.#chance();
    const eventsDue = eventsMs > 0 ? now + eventsMs * this.#chance() : Infinity;
    this.#turns.set(machine, { due, eventsDue, failures: 0 });
  }

  remove(machine: Machine): void {
    this.#turns.delete(machine);
  }

  /** Something is about to change. */
  soon(machine: Machine): void {
    const turn = this.#turns.get(machine);
    if (turn) turn.due = Math.min(turn.due, this.#parts.time.monotonic() + soonMs);
  }

  start(): void {
    this.#cancel ??= this.#every(lookMs, () => this.#look());
  }

  stop(): void {
    this.#cancel?.();
    this.#cancel = null;
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
    const now = this.#parts.time.monotonic();
    for (const [machine, turn] of this.#turns) {
      if (turn.due > now) continue;
      turn.due = Infinity;
      void this.#poll(machine, turn);
    }
  }

  async #poll(machine: Machine, turn: Turn): Promise<void> {
    const { time, periodMs, troubledMs } = this.#parts;
    try {
      await machine.observePower();
      turn.failures = 0;
      await machine.identify();
      await this.#readEvents(machine, turn);
    } catch {
      // The machine has told of it.
      turn.failures++;
    }
    const wait = Math.min(
      periodMs * 2 ** Math.min(turn.failures, 10),
      Math.max(troubledMs, periodMs),
    );
    turn.due = time.monotonic() + wait * (0.9 + 0.2 * this.#chance());
  }

  async #readEvents(machine: Machine, turn: Turn): Promise<void> {
    const { time, eventsMs } = this.#parts;
    if (turn.eventsDue > time.monotonic()) return;
    try {
      await machine.systemEvents();
      turn.eventsDue = time.monotonic() + eventsMs;
    } catch {
      // A log that is too long to be read, or not there, is not asked for all the time.
      turn.eventsDue = time.monotonic() + Math.max(eventsMs, eventsAgainMs);
    }
  }

  /** From 0 to 1. */
  #chance(): number {
    return this.#parts.random(1).readUInt8(0) / 256;
  }
}
