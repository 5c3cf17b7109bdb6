/** Which endpoints and which range values are taken, cluster-wide and per node. */

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

/** Endpoints held by existing processes, in whatever state. */
export class EndpointIndex {
  readonly #taken = new NumberSets();

  hold(endpoint: string): void {
    const at = lastSegmentOf(endpoint);
    this.#taken.add(endpoint.slice(0, at), Number(endpoint.slice(at)));
  }

  release(endpoint: string): void {
    const at = lastSegmentOf(endpoint);
    this.#taken.delete(endpoint.slice(0, at), Number(endpoint.slice(at)));
  }

  /**
   * The lowest last segment in `from..max` that no process holds under this prefix; -1 where there
   * is none.
   */
  lowestFree(prefix: string, from: number, max: number): number {
    return this.#taken.lowestFree(prefix, from, max);
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
