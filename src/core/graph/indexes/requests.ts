/**
 * The requests that are remembered, by whoever asked: how many each has, and which is the oldest. A token may make
 * thousands of them a second, so that there is an end to what is kept for it and for all.
 */

import { DeadlineHeap } from './deadline-heap.ts';
import type { DeadlineRow } from '../rows/deadlines.ts';
import type { Following, Index } from './following.ts';

/** Remembered requests of one principal, and of all. Each takes about 1 KiB of memory. */
export interface RequestLimits {
  readonly each: number;
  readonly inAll: number;
}

export const requestLimits: RequestLimits = { each: 50_000, inAll: 150_000 };

/** Over the deadlines at which requests are forgotten, which are in the order of the requests. */
export class Requests implements Index {
  readonly #byActor = new Map<string, DeadlineHeap>();

  readonly following: Following = {
    deadline: (before, after) => {
      if ((after ?? before)!.kind === 'request-expiry') this.#replace(before, after);
    },
  };

  #replace(before: DeadlineRow | undefined, after: DeadlineRow | undefined): void {
    const actor = actorOf((after ?? before)!.subject);
    let heap = this.#byActor.get(actor);
    if (!heap) this.#byActor.set(actor, (heap = new DeadlineHeap()));
    heap.replace(before, after);
    if (heap.size === 0) this.#byActor.delete(actor);
  }

  /** How many requests of an actor are remembered. */
  count(actor: string): number {
    return this.#byActor.get(actor)?.size ?? 0;
  }

  /** When the oldest one of an actor is forgotten. */
  oldest(actor: string): DeadlineRow | undefined {
    return this.#byActor.get(actor)?.next();
  }
}

/** The id of a remembered request. Names of actors hold no space; keys may. */
export const requestId = (actor: string, key: string): string => `${actor} ${key}`;

const actorOf = (id: string): string => id.slice(0, id.indexOf(' '));
