/** Asks the batch scheduler now and then, and keeps what it said last: whoever reads never waits for it. */

import type { Scheduler, SchedulerRow } from '../../checks/scheduler/row.ts';
import type { StationLogger } from '../logger.ts';
import { pause } from '../time.ts';
import type { Time } from '../time.ts';
import type { Duty } from './duty.ts';

export interface SchedulerSnapshot {
  /** Each node once, in the scheduler's order. */
  readonly rows: readonly SchedulerRow[];
  /** When they were told, ms since the epoch; null: never. */
  readonly readAt: number | null;
  /** What cannot be read of it; the rest can. */
  readonly warnings: readonly string[];
  /** Why the scheduler did not answer the last time; null: it did. */
  readonly error: string | null;
}

export interface SchedulerWatchParts {
  /** Absent: there is no scheduler. */
  readonly scheduler: Scheduler | undefined;
  /** Seconds from an answer to the next question. */
  readonly everySeconds: number;
  readonly time: Time;
  readonly logger: StationLogger;
}

export class SchedulerWatch implements Duty {
  readonly #parts: SchedulerWatchParts;
  readonly #listeners = new Set<(now: SchedulerSnapshot, before: SchedulerSnapshot) => void>();
  #snapshot: SchedulerSnapshot = { rows: [], readAt: null, warnings: [], error: null };
  #ending = new AbortController();
  #running: Promise<void> | null = null;

  constructor(parts: SchedulerWatchParts) {
    this.#parts = parts;
  }

  /** How it is told; undefined: there is none. */
  get scheduler(): Scheduler | undefined {
    return this.#parts.scheduler;
  }

  get snapshot(): SchedulerSnapshot {
    return this.#snapshot;
  }

  /** Tells of every answer and of every failure, at once. */
  subscribe(listener: (now: SchedulerSnapshot, before: SchedulerSnapshot) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  start(): void {
    const { scheduler } = this.#parts;
    if (!scheduler) return;
    this.#ending = new AbortController();
    this.#running = this.#watch(scheduler, this.#ending.signal);
  }

  async stop(): Promise<void> {
    this.#ending.abort();
    await this.#running;
    this.#running = null;
  }

  async #watch(scheduler: Scheduler, signal: AbortSignal): Promise<void> {
    const { time, everySeconds } = this.#parts;
    while (!signal.aborted) {
      await this.#ask(scheduler, signal);
      await pause(time, everySeconds * 1000, signal);
    }
  }

  async #ask(scheduler: Scheduler, signal: AbortSignal): Promise<void> {
    const { time, logger } = this.#parts;
    const before = this.#snapshot;
    try {
      const { rows, at = time.now(), warnings = [] } = await scheduler.ask(signal);
      this.#snapshot = { rows, readAt: at, warnings, error: null };
    } catch (error) {
      if (signal.aborted) return;
      const { message } = error as Error;
      this.#snapshot = { ...before, error: message };
      if (before.error !== message) logger.warn({ err: error }, 'the scheduler does not answer');
    }
    for (const listener of this.#listeners) listener(this.#snapshot, before);
  }
}
