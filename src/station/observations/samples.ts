/** Numbers that a check found, for plots: of each machine the latest ones, no two closer together than a while. */

export interface Sample {
  /** Ms since the epoch, whole seconds. */
  readonly at: number;
  /** To seven digits. */
  readonly value: number;
}

/** Samples that are kept of a machine by a check. */
export const samplesKept = 64;
/** What comes sooner after a sample takes its place, seconds: with the number above, five hours and more are seen. */
export const sampleSeconds = 300;

/** Slots for which room is made at once. */
const slotsPerBlock = 256;

interface Block {
  readonly values: Float32Array;
  /** Seconds since the epoch. */
  readonly times: Uint32Array;
  /** Of each slot, how many samples it has had; where it goes on is that, modulo what is kept. */
  readonly counts: Uint32Array;
}

/** Rings of equal size in few blocks, 8 bytes a sample. A block is made when one of its machines has a number. */
export class Samples {
  readonly #blocks: (Block | undefined)[] = [];

  of(slot: number): Sample[] {
    const block = this.#blocks[Math.floor(slot / slotsPerBlock)];
    if (!block) return [];
    const place = slot % slotsPerBlock;
    const count = block.counts[place]!;
    const samples: Sample[] = [];
    for (let i = Math.max(0, count - samplesKept); i < count; i += 1) {
      const at = place * samplesKept + (i % samplesKept);
      samples.push({ at: block.times[at]! * 1000, value: block.values[at]! });
    }
    return samples;
  }

  /** @param at ms since the epoch, not before that of the last one */
  add(slot: number, at: number, value: number): void {
    const block = (this.#blocks[Math.floor(slot / slotsPerBlock)] ??= emptyBlock());
    const place = slot % slotsPerBlock;
    const seconds = Math.floor(at / 1000);
    const index = (count: number): number => place * samplesKept + (count % samplesKept);
    const count = block.counts[place]!;
    // The last one is replaced until it is old enough to stay: measured from the one before it.
    const isSoon = count > 1 && seconds - block.times[index(count - 2)]! < sampleSeconds;
    const next = index(isSoon ? count - 1 : count);
    block.times[next] = seconds;
    block.values[next] = value;
    if (!isSoon) block.counts[place] = count + 1;
  }

  clear(slot: number): void {
    const block = this.#blocks[Math.floor(slot / slotsPerBlock)];
    if (block) block.counts[slot % slotsPerBlock] = 0;
  }
}

const emptyBlock = (): Block => ({
  values: new Float32Array(slotsPerBlock * samplesKept),
  times: new Uint32Array(slotsPerBlock * samplesKept),
  counts: new Uint32Array(slotsPerBlock),
});
