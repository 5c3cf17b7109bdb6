/**
 * The latest observation of each machine by each check, in memory. Ten thousand machines by sixteen checks are kept in
 * columns, one a check, so that they take a few tens of megabytes and no time to collect; observations are made when
 * they are asked for.
 */

import type { Observation } from '../../checks/observation.ts';
import { Column } from './column.ts';
import type { SampleSeries } from './sample-file.ts';
import type { Sample } from './samples.ts';

/** More checks than these are a mistake; so many can be kept. */
export const checksMax = 256;

/** What changed at once. */
export interface Changes {
  /** The version that they made. */
  readonly version: number;
  readonly observations: readonly Observation[];
  /** Machines of which nothing is known any more. */
  readonly forgotten: readonly string[];
}

export type ChangesListener = (changes: Changes) => void;

export class Observations {
  readonly #slots = new Map<string, number>();
  /** Names by slot; undefined where the slot is free. */
  readonly #machines: (string | undefined)[] = [];
  readonly #free: number[] = [];
  readonly #columns = new Map<string, Column>();
  /** By slot: the version in which something of the machine changed last. */
  readonly #versions: number[] = [];
  readonly #listeners = new Set<ChangesListener>();
  #version = 0;

  /** Grows with every change; 0: nothing was observed yet. */
  get version(): number {
    return this.#version;
  }

  /** Machines of which something is known, in no order. */
  get machines(): Iterable<string> {
    return this.#slots.keys();
  }

  /** Ids of checks by which something was observed. */
  get checks(): Iterable<string> {
    return this.#columns.keys();
  }

  of(machine: string, check: string): Observation | undefined {
    const slot = this.#slots.get(machine);
    return slot === undefined ? undefined : this.#columns.get(check)?.at(slot, machine);
  }

  /** All that is known of a machine now, in the order in which checks were seen first. */
  allOf(machine: string): Observation[] {
    const slot = this.#slots.get(machine);
    if (slot === undefined) return [];
    const found: Observation[] = [];
    for (const column of this.#columns.values()) {
      const observation = column.at(slot, machine);
      if (observation) found.push(observation);
    }
    return found;
  }

  /** The version in which something of a machine changed last; 0: nothing is known of it. */
  versionOf(machine: string): number {
    const slot = this.#slots.get(machine);
    return slot === undefined ? 0 : this.#versions[slot]!;
  }

  /** Numbers that a check found, the oldest first: see `Samples`. */
  samplesOf(machine: string, check: string): Sample[] {
    const slot = this.#slots.get(machine);
    return slot === undefined ? [] : (this.#columns.get(check)?.samplesAt(slot) ?? []);
  }

  get hasSamples(): boolean {
    return !this.series().next().done;
  }

  /** All samples that there are; what changes meanwhile may be as before or as after. */
  *series(): Generator<SampleSeries, void> {
    for (const [machine, slot] of this.#slots)
      for (const [check, column] of this.#columns) {
        const ring = column.ringAt(slot);
        if (ring) yield { machine, check, ...ring };
      }
  }

  /** Samples of before a restart; what was found since stays. */
  resume({ machine, check, last, values }: SampleSeries): void {
    if (!this.#columns.has(check) && this.#columns.size >= checksMax) return;
    const column = this.#columnFor(check);
    column.resume(this.#slots.get(machine) ?? this.#slotFor(machine), last, values);
  }

  /**
   * Takes what was observed. What is older than what is known of the same machine and check is left out.
   *
   * @throws {RangeError} there are more checks than {@link checksMax}
   */
  record(observations: readonly Observation[]): void {
    const taken = observations.filter((observation) => this.#take(observation));
    if (taken.length > 0) this.#tell(taken, []);
  }

  /** Nobody asks for machines any more that are not there. */
  forget(machines: Iterable<string>): void {
    const forgotten: string[] = [];
    for (const machine of machines) if (this.#remove(machine)) forgotten.push(machine);
    if (forgotten.length > 0) this.#tell([], forgotten);
  }

  /** What is known of a machine goes on under its new name. */
  rename(from: string, to: string): void {
    const slot = this.#slots.get(from);
    if (slot === undefined || from === to) return;
    this.#remove(to);
    this.#slots.delete(from);
    this.#slots.set(to, slot);
    this.#machines[slot] = to;
    this.#versions[slot] = this.#version + 1;
    this.#tell(this.allOf(to), [from]);
  }

  /** @returns how to listen no more; what a listener throws reaches whoever recorded */
  changed(listener: ChangesListener): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  #take(observation: Observation): boolean {
    const { machine, check } = observation;
    const column = this.#columnFor(check);
    const slot = this.#slots.get(machine) ?? this.#slotFor(machine);
    if (!column.put(slot, observation)) return false;
    this.#versions[slot] = this.#version + 1;
    return true;
  }

  #columnFor(check: string): Column {
    let column = this.#columns.get(check);
    if (column) return column;
    if (this.#columns.size >= checksMax)
      throw new RangeError(`there are more than ${checksMax} checks; "${check}" is one too many`);
    column = new Column(check);
    this.#columns.set(check, column);
    return column;
  }

  #slotFor(machine: string): number {
    const slot = this.#free.pop() ?? this.#machines.length;
    this.#slots.set(machine, slot);
    this.#machines[slot] = machine;
    this.#versions[slot] = 0;
    return slot;
  }

  #remove(machine: string): boolean {
    const slot = this.#slots.get(machine);
    if (slot === undefined) return false;
    this.#slots.delete(machine);
    this.#machines[slot] = undefined;
    for (const column of this.#columns.values()) column.clear(slot);
    this.#free.push(slot);
    return true;
  }

  #tell(observations: readonly Observation[], forgotten: readonly string[]): void {
    this.#version += 1;
    const changes = { version: this.#version, observations, forgotten };
    for (const listener of [...this.#listeners]) listener(changes);
  }
}
