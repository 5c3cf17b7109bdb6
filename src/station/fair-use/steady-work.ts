/**
 * Work that comes faster than it is worth doing: on each subject at a steady pace, and of what waits only the latest,
 * for all who asked meanwhile.
 */

import type { Clock } from '../clocks.ts';
import { Paces } from './paces.ts';
import type { Pace } from './paces.ts';

interface Waiting {
  work: () => Promise<unknown>;
  readonly done: Promise<unknown>;
}

export class SteadyWork {
  readonly #paces: Paces;
  readonly #waiting = new Map<string, Waiting>();

  constructor(pace: Pace, clock?: Clock) {
    this.#paces = new Paces(pace, clock);
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
    const next: Waiting = { work, done: promise };
    this.#waiting.set(subject, next);
    setTimeout(() => {
      this.#waiting.delete(subject);
      next.work().then(resolve, reject);
    }, wait).unref();
    return promise as Promise<T>;
  }
}
