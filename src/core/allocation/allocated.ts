/** Which endpoints and which range values are taken, cluster-wide and per node. */

import { canonicalPrefix } from '../values/endpoint.ts';
import type { Revision } from '../values/revision.ts';
import { NumberSet } from './number-set.ts';

/** A family of number sets by name; empty ones are let go. */
class NumberSets {
  readonly #sets = new Map<string, NumberSet>();

  has(name: string, value: number): boolean {
    return this.#sets.get(name)?.has(value) ?? false;
  }

  add(name: string, value: number): void {
    let set = this.#sets.get(name);
    if (!set) this.#sets.set(name, (set = new NumberSet()));
    set.add(value);
  }

  delete(name: string, value: number): void {
    const set = this.#sets.get(name);
    set?.delete(value);
    if (set?.isEmpty) this.#sets.delete(name);
  }

  lowestFree(name: string, from: number, to: number): number {
    const set = this.#sets.get(name);
    if (set) return set.lowestFree(from, to);
    return from <= to ? from : -1;
  }
}

/** Spellings of prefixes that are remembered with what they mean. */
const spellingsMax = 100_000;

/**
 * Endpoints held by existing processes, in whatever state, and those that cool down after their
 * process was removed. However they are spelled, two that mean the same are one.
 */
export class EndpointIndex {
  readonly #taken = new NumberSets();
  /**
   * Who holds an endpoint beside the first: a process whose own spelling of it still cools, and
   * processes of logs from before spellings were compared.
   */
  readonly #more = new Map<string, number>();
  /** By prefix and last segment, the commit since which an endpoint cools. */
  readonly #cooling = new Map<string, Map<number, Revision>>();
  readonly #meanings = new Map<string, string>();

  /** What prefixes are compared by: see {@link canonicalPrefix}. */
  meaningOf(prefix: string): string {
    let meaning = this.#meanings.get(prefix);
    if (meaning === undefined) {
      if (this.#meanings.size >= spellingsMax) this.#meanings.clear();
      this.#meanings.set(prefix, (meaning = canonicalPrefix(prefix)));
    }
    return meaning;
  }

  hold(endpoint: string): void {
    this.#claim(...this.#split(endpoint));
  }

  release(endpoint: string): void {
    this.#yield(...this.#split(endpoint));
  }

  /** It counts as taken until it has cooled. */
  cool(endpoint: string, since: Revision): void {
    const [prefix, last] = this.#split(endpoint);
    const cooling = this.#cooling.get(prefix);
    if (cooling) cooling.set(last, since);
    else this.#cooling.set(prefix, new Map([[last, since]]));
    this.#claim(prefix, last);
  }

  cooled(endpoint: string): void {
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

/** Range values held on each node, by environment key. */
export class RangeIndex {
  readonly #taken = new NumberSets();

  hold(node: string, ranges: Readonly<Record<string, number>>): void {
    for (const key in ranges) this.#taken.add(`${node} ${key}`, ranges[key]!);
  }

  release(node: string, ranges: Readonly<Record<string, number>>): void {
    for (const key in ranges) this.#taken.delete(`${node} ${key}`, ranges[key]!);
  }

  lowestFree(node: string, key: string, from: number, to: number): number {
    return this.#taken.lowestFree(`${node} ${key}`, from, to);
  }
}
