/**
 * Work that comes faster than it is worth doing: on each subject at a steady pace, and of what waits only the latest,
 * for all who asked meanwhile.
 */

import type { Cancel, Time } from '../time.ts';
import { Paces } from './paces.ts';
import type { Pace } from './paces.ts';

interface Waiting {
  work: () => Promise<unknown>;
  readonly done: Promise<unknown>;
  readonly cancel: Cancel;
}

export class SteadyWork {
  readonly #paces: Paces;
  readonly #time: Time;
  readonly #waiting = new Map<string, Waiting>();

  constructor(pace: Pace, time: Time) {
    this.#paces = new Paces(pace, time.monotonic);
    this.#time = time;
  }

  /** What waits is not done any more, and nobody is told. */
  close(): void {
    for (const { cancel } of this.#waiting.values()) cancel();
    this.#waiting.clear();
  }

  /**
   * Does something now, or when its subject may be worked on again.
   *
   * @returns what it came to, or what a later one on the same subject came to that has overtaken it
   */
  run<T>(subject: string, work: () => Promise<T>): Promise<T> {
    const waiting = this.#waiting.get(subject);
    if (waiting) {
      waiting.work = work;
      return waiting.done as Promise<T>;
    }
    const wait = this.#paces.take(subject, Infinity)!;
    if (wait === 0) return work();
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    const cancel = this.#time.after(wait, () => {
      this.#waiting.delete(subject);
      next.work().then(resolve, reject);
    });
    const next: Waiting = { work, done: promise, cancel };
    this.#waiting.set(subject, next);
    return promise as Promise<T>;
  }
}
