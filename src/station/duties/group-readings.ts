/** Reads sources of groups now and then. A source that hangs is not waited for by the others. */

import type { GroupBook } from '../../checks/groups/book.ts';
import type { Cancel, Time } from '../time.ts';
import type { Duty } from './duty.ts';

export interface GroupReadingsParts {
  readonly book: GroupBook;
  readonly everySeconds: number;
  readonly time: Time;
}

export class GroupReadings implements Duty {
  readonly #parts: GroupReadingsParts;
  readonly #running = new Set<Promise<void>>();
  #ending = new AbortController();
  #cancel: Cancel | null = null;

  constructor(parts: GroupReadingsParts) {
    this.#parts = parts;
  }

  start(): void {
    const { everySeconds, time } = this.#parts;
    this.#ending = new AbortController();
    this.#read();
    this.#cancel = time.every(everySeconds * 1000, () => this.#read());
  }

  async stop(): Promise<void> {
    this.#cancel?.();
    this.#ending.abort();
    await Promise.all(this.#running);
  }

  #read(): void {
    const reading = this.#parts.book
      .refresh(this.#ending.signal)
      .finally(() => this.#running.delete(reading));
    this.#running.add(reading);
  }
}
