/** Works on slots: on each one by one loop at a time, until nothing is left to be done. */

import { performance } from 'node:perf_hooks';
import type { Slot } from './slot.ts';

/** Until a step that could not be done is tried again, ms. */
const retryMs = 1_000;

export class Loops {
  readonly #step: (slot: Slot) => Promise<boolean>;
  readonly #failed: (slot: Slot, error: Error) => void;
  readonly #work = new Set<Promise<void>>();
  /** What is tried again, and when. */
  readonly #postponed = new Map<Slot, number>();
  #closed = false;

  /**
   * @param step does what is due; resolves to false when nothing is
   * @param failed is told why a step could not be done, once for each reason that follows on another;
   *   it is tried again
   */
  constructor(step: (slot: Slot) => Promise<boolean>, failed: (slot: Slot, error: Error) => void) {
    this.#step = step;
    this.#failed = failed;
  }

  /** Something about the slot is new. */
  wake(slot: Slot): void {
    slot.woken = true;
    if (slot.working || this.#closed) return;
    slot.working = true;
    const work = this.#reconcile(slot)
      .catch((error: unknown) => this.#postpone(slot, error as Error))
      .finally(() => this.#work.delete(work));
    this.#work.add(work);
  }

  /** Tries again what is due; called several times a second. */
  tick(): void {
    const now = performance.now();
    for (const [slot, due] of this.#postponed)
      if (now >= due && this.#postponed.delete(slot)) this.wake(slot);
  }

  /** Resolves when no step is being done any more. */
  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all(this.#work);
  }

  async #reconcile(slot: Slot): Promise<void> {
    try {
      while (slot.woken && !this.#closed) {
        slot.woken = false;
        while (!this.#closed && (await this.#step(slot))) slot.waits = undefined;
      }
    } finally {
      slot.working = false;
    }
  }

  #postpone(slot: Slot, error: Error): void {
    if (this.#closed) return;
    this.#postponed.set(slot, performance.now() + retryMs);
    if (slot.waits === error.message) return;
    slot.waits = error.message;
    this.#failed(slot, error);
  }
}
