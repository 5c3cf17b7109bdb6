/** Which endpoints are taken, in the whole cluster. */

import { canonicalPrefix } from '../../values/endpoint.ts';
import type { Revision } from '../../values/revision.ts';
import type { Following, Index } from './following.ts';
import { NumberSets } from './number-sets.ts';

/** Spellings of prefixes that are remembered with what they mean. */
const spellingsMax = 100_000;

/**
 * Endpoints held by existing processes, in whatever state, and those that cool down after their
 * process was removed. However they are spelled, two that mean the same are one.
 */
export class Endpoints implements Index {
  readonly #taken = new NumberSets();
  /**
   * Who holds an endpoint beside the first: a process whose own spelling of it still cools, and
   * processes of logs from before spellings were compared.
   */
  readonly #more = new Map<string, number>();
  /** By prefix and last segment, the commit since which an endpoint cools. */
  readonly #cooling = new Map<string, Map<number, Revision>>();
  readonly #meanings = new Map<string, string>();

  readonly following: Following = {
    process: (before, after) => {
      if (before?.endpoint === after?.endpoint) return;
      if (before) this.#yield(...this.#split(before.endpoint));
      if (after) this.#claim(...this.#split(after.endpoint));
    },
    deadline: (before, after) => {
      if (before?.kind === 'endpoint-cooldown') this.#cooled(before.subject);
      if (after?.kind === 'endpoint-cooldown') this.#cool(after.subject, after.created);
    },
  };

  /** What prefixes are compared by: see {@link canonicalPrefix}. */
  meaningOf(prefix: string): string {
    let meaning = this.#meanings.get(prefix);
    if (meaning === undefined) {
      if (this.#meanings.size >= spellingsMax) this.#meanings.clear();
      this.#meanings.set(prefix, (meaning = canonicalPrefix(prefix)));
    }
    return meaning;
  }

  /** It counts as taken until it has cooled. */
  #cool(endpoint: string, since: Revision): void {
    const [prefix, last] = this.#split(endpoint);
    const cooling = this.#cooling.get(prefix);
    if (cooling) cooling.set(last, since);
    else this.#cooling.set(prefix, new Map([[last, since]]));
    this.#claim(prefix, last);
  }

  #cooled(endpoint: string): void {
    const [prefix, last] = this.#split(endpoint);
    const cooling = this.#cooling.get(prefix);
    cooling?.delete(last);
    if (cooling?.size === 0) this.#cooling.delete(prefix);
    this.#yield(prefix, last);
  }

  #split(endpoint: string): readonly [prefix: string, last: number] {
    const at = endpoint.lastIndexOf(':') + 1;
    return [this.meaningOf(endpoint.slice(0, at)), Number(endpoint.slice(at))];
  }

  #claim(prefix: string, last: number): void {
    if (!this.#taken.has(prefix, last)) return this.#taken.add(prefix, last);
    const key = `${prefix}${last}`;
    this.#more.set(key, (this.#more.get(key) ?? 0) + 1);
  }

  #yield(prefix: string, last: number): void {
    const more = this.#more.size === 0 ? 0 : (this.#more.get(`${prefix}${last}`) ?? 0);
    if (more === 0) this.#taken.delete(prefix, last);
    else if (more === 1) this.#more.delete(`${prefix}${last}`);
    else this.#more.set(`${prefix}${last}`, more - 1);
  }

  /**
   * The lowest last segment in `from..max` that is neither held nor cooling under this prefix; -1
   * where there is none.
   */
  lowestFree(prefix: string, from: number, max: number): number {
    return this.#taken.lowestFree(this.meaningOf(prefix), from, max);
  }

  /** The last segments in `from..max` that cool under this prefix, the one longest free first. */
  longestFree(prefix: string, from: number, max: number): number[] {
    const meaning = this.meaningOf(prefix);
    return [...(this.#cooling.get(meaning) ?? [])]
      .filter(([last]) => last >= from && last <= max && !this.#more.has(`${meaning}${last}`))
      .sort(([a, since], [b, after]) => since - after || a - b)
      .map(([last]) => last);
  }
}
