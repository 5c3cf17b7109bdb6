/** Numbers that a check found, for plots: of each machine one in so many seconds, the last of them, for a day. */

import { sampleSeconds, samplesKept } from '../../core/values/samples.ts';

export interface Sample {
  /** When its stretch of time begins, ms since the epoch. */
  readonly at: number;
  /** The last number that was found in it, to seven digits. */
  readonly value: number;
}

const stepMs = sampleSeconds * 1000;
/** Slots for which room is made at once. */
const slotsPerBlock = 256;

interface Block {
  /** Rings: where a stretch is in it is its number since the epoch, modulo what is kept. NaN: nothing was found. */
  readonly values: Float32Array;
  /** Of each slot, the number of its last stretch; 0: it has none. */
  readonly last: Uint32Array;
}

/** Rings of equal size in few blocks, 4 bytes a sample. A block is made when one of its machines has a number. */
export class Samples {
  readonly #blocks: (Block | undefined)[] = [];

  /** The oldest first; what nothing was found in is left out. */
  of(slot: number): Sample[] {
    const block = this.#blocks[Math.floor(slot / slotsPerBlock)];
    const place = slot % slotsPerBlock;
    const last = block?.last[place] ?? 0;
    if (!block || last === 0) return [];
    const samples: Sample[] = [];
    for (let step = last - samplesKept + 1; step <= last; step += 1) {
      const value = block.values[ringAt(place, step)]!;
      if (!Number.isNaN(value)) samples.push({ at: step * stepMs, value });
    }
    return samples;
  }

  /** @param at ms since the epoch, not before that of the last one */
  add(slot: number, at: number, value: number): void {
    const block = (this.#blocks[Math.floor(slot / slotsPerBlock)] ??= emptyBlock());
    const place = slot % slotsPerBlock;
    const step = Math.floor(at / stepMs);
    const last = block.last[place]!;
    // What is in the ring of before a day, or of another machine, is no part of it.
    const stale = Math.max(last + 1, step - samplesKept + 1);
    for (let one = stale; one < step; one += 1) block.values[ringAt(place, one)] = NaN;
    block.values[ringAt(place, step)] = value;
    block.last[place] = step;
  }

  /** Number of the last stretch of a slot, and its ring, which goes on; undefined: it has none. */
  ringOf(slot: number): { readonly last: number; readonly values: Float32Array } | undefined {
    const block = this.#blocks[Math.floor(slot / slotsPerBlock)];
    const place = slot % slotsPerBlock;
    const last = block?.last[place] ?? 0;
    if (!block || last === 0) return undefined;
    return {
      last,
      values: block.values.subarray(ringAt(place, 0), ringAt(place, 0) + samplesKept),
    };
  }

  /** Takes a ring of before; what is known stays. */
  resume(slot: number, last: number, values: Float32Array): void {
    const known = this.ringOf(slot);
    const first = Math.max(0, last - samplesKept + 1, (known?.last ?? 0) - samplesKept + 1);
    const missing: [number, number][] = [];
    for (let step = first; step <= last && step <= (known?.last ?? last); step += 1) {
      const value = values[step % samplesKept]!;
      const isKnown = known !== undefined && !Number.isNaN(known.values[step % samplesKept]!);
      if (!Number.isNaN(value) && !isKnown) missing.push([step, value]);
    }
    if (known) for (const [step, value] of missing) known.values[step % samplesKept] = value;
    else for (const [step, value] of missing) this.add(slot, step * stepMs, value);
  }

  clear(slot: number): void {
    const block = this.#blocks[Math.floor(slot / slotsPerBlock)];
    if (block) block.last[slot % slotsPerBlock] = 0;
  }
}

const ringAt = (place: number, step: number): number => place * samplesKept + (step % samplesKept);

const emptyBlock = (): Block => ({
  values: new Float32Array(slotsPerBlock * samplesKept).fill(NaN),
  last: new Uint32Array(slotsPerBlock),
});
