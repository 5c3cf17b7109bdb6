/** What OBMs told last when they were asked, as far as there is room: what nobody has looked at longest goes first. */

import type { Reading, ReadingOf } from './readings.ts';

/** Of all readings, as JSON. */
export const keptReadingsBytesMax = 64 * 1024 * 1024;

export interface KeptReading<R extends Reading = Reading> {
  readonly reading: ReadingOf<R>;
  /** Ms since the epoch. */
  readonly at: number;
  /** Of the right by which it was read: by another one it is not known. */
  readonly epoch: number;
}

interface Kept extends KeptReading {
  readonly bytes: number;
}

export class KeptReadings {
  readonly #kept = new Map<string, Kept>();
  #bytes = 0;

  get<R extends Reading>(host: string, what: R, epoch: number): KeptReading<R> | undefined {
    const key = keyOf(host, what);
    const kept = this.#kept.get(key);
    if (kept?.epoch !== epoch) return undefined;
    this.#kept.delete(key);
    this.#kept.set(key, kept);
    return kept as unknown as KeptReading<R>;
  }

  put<R extends Reading>(host: string, what: R, kept: KeptReading<R>): void {
    const key = keyOf(host, what);
    this.#drop(key);
    const bytes = JSON.stringify(kept.reading).length;
    this.#kept.set(key, { ...kept, bytes });
    this.#bytes += bytes;
    while (this.#bytes > keptReadingsBytesMax) this.#drop(this.#kept.keys().next().value!);
  }

  #drop(key: string): void {
    this.#bytes -= this.#kept.get(key)?.bytes ?? 0;
    this.#kept.delete(key);
  }
}

const keyOf = (host: string, what: Reading): string => `${host} ${what}`;
