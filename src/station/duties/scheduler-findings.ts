/** Hands on what the batch scheduler says of machines, as findings of the check `scheduler`. */

import { scheduler as check } from '../../checks/catalogue/scheduler.ts';
import type { Turns } from '../fair-use/turns.ts';
import type { ScheduledFinding, ScheduledMachines } from '../groups/scheduled-machines.ts';
import type { Checks } from './checks.ts';
import type { Duty } from './duty.ts';

export interface SchedulerFindingsParts {
  readonly machines: ScheduledMachines;
  readonly checks: Pick<Checks, 'take'>;
  readonly turns: Turns;
}

/** Findings that are handed on at once. */
const atOnce = 100;

export class SchedulerFindings implements Duty {
  readonly #parts: SchedulerFindingsParts;
  #ending = new AbortController();
  #unsubscribe: (() => void) | null = null;
  /** Answers are handed on one after the other. */
  #handing: Promise<void> = Promise.resolve();

  constructor(parts: SchedulerFindingsParts) {
    this.#parts = parts;
  }

  start(): void {
    this.#ending = new AbortController();
    const { signal } = this.#ending;
    this.#unsubscribe = this.#parts.machines.subscribe((found) => {
      this.#handing = this.#handing.then(() => this.#hand(found, signal));
    });
  }

  async stop(): Promise<void> {
    this.#unsubscribe?.();
    this.#ending.abort();
    await this.#handing;
  }

  async #hand(found: readonly ScheduledFinding[], signal: AbortSignal): Promise<void> {
    const { checks, turns } = this.#parts;
    try {
      const turn = await turns.begin('station', signal);
      for (let from = 0; from < found.length; from += atOnce) {
        const some = found.slice(from, from + atOnce);
        checks.take(some.map((one) => ({ ...one, check: check.id, durationMs: 0 })));
        if (turn.isOver) await turn.next();
      }
    } catch (error) {
      // The station ends, or does not lead any more.
      if (!signal.aborted) throw error;
    }
  }
}
