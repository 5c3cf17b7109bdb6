/** Which endpoints and which range values are taken, cluster-wide and per node. */

import type { Revision } from '../events/commit.ts';

import { NumberSet } from './number-set.ts';

/** Where the last segment of an endpoint begins; what stands before it includes the last colon. */
const lastSegmentOf = (endpoint: string): number => endpoint.lastIndexOf(':') + 1;

/** A family of number sets by name; empty ones are let go. */
class NumberSets {
  readonly #sets = new Map<string, NumberSet>();

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

/**
 * Endpoints held by existing processes, in whatever state, and those that cool down after their
 * process was removed. An endpoint is one or the other, never both.
 */
export class EndpointIndex {
  readonly #taken = new NumberSets();
  /** By prefix and last segment, the commit since which an endpoint cools. */
  readonly #cooling = new Map<string, Map<number, Revision>>();

  hold(endpoint: string): void {
    const at = lastSegmentOf(endpoint);
    this.#taken.add(endpoint.slice(0, at), Number(endpoint.slice(at)));
  }

  release(endpoint: string): void {
    const at = lastSegmentOf(endpoint);
    this.#taken.delete(endpoint.slice(0, at), Number(endpoint.slice(at)));
  }

  /** It counts as taken until it has cooled. */
  cool(endpoint: string, since: Revision): void {
    const at = lastSegmentOf(endpoint);
    const [prefix, last] = [endpoint.slice(0, at), Number(endpoint.slice(at))];
    const cooling = this.#cooling.get(prefix);
    if (cooling) cooling.set(last, since);
    else this.#cooling.set(prefix, new Map([[last, since]]));
    this.#taken.add(prefix, last);
  }

  cooled(endpoint: string): void {
    const at = lastSegmentOf(endpoint);
    const [prefix, last] = [endpoint.slice(0, at), Number(endpoint.slice(at))];
    const cooling = this.#cooling.get(prefix);
    cooling?.delete(last);
    if (cooling?.size === 0) this.#cooling.delete(prefix);
    this.#taken.delete(prefix, last);
  }

  /**
   * The lowest last segment in `from..max` that is neither held nor cooling under this prefix; -1
   * where there is none.
   */
  lowestFree(prefix: string, from: number, max: number): number {
    return this.#taken.lowestFree(prefix, from, max);
  }

  /** The last segments in `from..max` that cool under this prefix, the one longest free first. */
  longestFree(prefix: string, from: number, max: number): number[] {
    return [...(this.#cooling.get(prefix) ?? [])]
      .filter(([last]) => last >= from && last <= max)
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
