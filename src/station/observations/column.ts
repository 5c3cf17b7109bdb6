/** What one check found of all machines. A machine is a number here, its slot. */

import { causes, verdicts } from '../../checks/observation.ts';
import type { Observation, Value } from '../../checks/observation.ts';
import { Samples } from './samples.ts';
import type { Sample } from './samples.ts';

const softFlag = 1;
const flappingFlag = 2;

/** Room is made for so many machines at first, and doubled from there. */
const firstRoom = 64;

export class Column {
  readonly #check: string;
  /** 0: nothing is known; else the place in the list of verdicts, from 1. */
  #verdicts = new Uint8Array(firstRoom);
  /** As for verdicts, of causes. */
  #causes = new Uint8Array(firstRoom);
  #flags = new Uint8Array(firstRoom);
  #at = new Float64Array(firstRoom);
  #durations = new Float32Array(firstRoom);
  readonly #values: Value[] = [];
  readonly #texts: string[] = [];
  readonly #samples = new Samples();
  /** Most machines say the same. */
  readonly #said = new Map<string, string>();

  constructor(check: string) {
    this.#check = check;
  }

  at(slot: number, machine: string): Observation | undefined {
    const verdict = verdicts[(this.#verdicts[slot] ?? 0) - 1];
    if (verdict === undefined) return undefined;
    const cause = causes[this.#causes[slot]! - 1];
    const flags = this.#flags[slot]!;
    return {
      machine,
      check: this.#check,
      verdict,
      value: this.#values[slot]!,
      text: this.#texts[slot]!,
      ...(cause === undefined ? {} : { cause }),
      observedAt: this.#at[slot]!,
      durationMs: this.#durations[slot]!,
      ...(flags & softFlag ? { soft: true } : {}),
      ...(flags & flappingFlag ? { flapping: true } : {}),
    };
  }

  samplesAt(slot: number): Sample[] {
    return this.#samples.of(slot);
  }

  ringAt(slot: number): ReturnType<Samples['ringOf']> {
    return this.#samples.ringOf(slot);
  }

  resume(slot: number, last: number, values: Float32Array): void {
    this.#samples.resume(slot, last, values);
  }

  /** @returns false where something later is known */
  put(slot: number, observation: Observation): boolean {
    this.#makeRoom(slot);
    const { verdict, cause, value, text, observedAt, durationMs, soft, flapping } = observation;
    if (this.#verdicts[slot] !== 0 && this.#at[slot]! > observedAt) return false;
    this.#verdicts[slot] = verdicts.indexOf(verdict) + 1;
    this.#causes[slot] = cause === undefined ? 0 : causes.indexOf(cause) + 1;
    this.#flags[slot] = (soft ? softFlag : 0) | (flapping ? flappingFlag : 0);
    this.#at[slot] = observedAt;
    this.#durations[slot] = durationMs;
    this.#values[slot] = value;
    this.#texts[slot] = this.#once(text);
    if (typeof value === 'number') this.#samples.add(slot, observedAt, value);
    return true;
  }

  clear(slot: number): void {
    if (slot >= this.#verdicts.length) return;
    this.#verdicts[slot] = 0;
    this.#values[slot] = null;
    this.#texts[slot] = '';
    this.#samples.clear(slot);
  }

  /** The same text of thousands of machines is kept once. */
  #once(text: string): string {
    const said = this.#said.get(text);
    if (said !== undefined) return said;
    if (this.#said.size >= saidMax) this.#said.clear();
    this.#said.set(text, text);
    return text;
  }

  #makeRoom(slot: number): void {
    let room = this.#verdicts.length;
    if (slot < room) return;
    while (slot >= room) room *= 2;
    this.#verdicts = grown(this.#verdicts, new Uint8Array(room));
    this.#causes = grown(this.#causes, new Uint8Array(room));
    this.#flags = grown(this.#flags, new Uint8Array(room));
    this.#at = grown(this.#at, new Float64Array(room));
    this.#durations = grown(this.#durations, new Float32Array(room));
  }
}

const saidMax = 256;

const grown = <T extends Uint8Array | Float32Array | Float64Array>(old: T, larger: T): T => {
  larger.set(old);
  return larger;
};
