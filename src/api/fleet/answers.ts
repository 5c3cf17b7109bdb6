/**
 * Answers that were made lately, so that many who ask for the same while nothing changes cost one. Where only
 * observations have changed, an answer is given again for half a second: what checks find comes all the time.
 */

import { hash } from 'node:crypto';
import { Readable } from 'node:stream';
import { bytesIn, gzipOf } from './pieces.ts';
import type { Piece } from './pieces.ts';

/** How long an answer is good although observations have changed since, ms. */
export const freshMs = 500;
/** How long it is at most: ages are counted from when it was made. */
const lastingMs = 5000;
/** Bytes of all that are kept, and how many. */
export const keptBytesMax = 96 * 1024 * 1024;
const keptMax = 64;
/** Shorter ones are sent as they are. */
const gzipBytesMin = 2048;
const atOnceBytesMax = 64 * 1024;

export interface Cut {
  readonly version: number;
  readonly logged: number;
}

export interface Answer extends Cut {
  readonly key: string;
  readonly tag: string;
  readonly type: string;
  readonly pieces: readonly Piece[];
  /** Bytes of all of them. */
  readonly length: number;
  readonly revision: number;
  /** Monotonic, ms. */
  readonly made: number;
  gzipped: Promise<readonly Buffer[]> | undefined;
}

export class Answers {
  readonly #kept = new Map<string, Answer>();
  readonly #clock: () => number;
  #bytes = 0;

  constructor(clock: () => number) {
    this.#clock = clock;
  }

  /** One that still holds; undefined: none. */
  find(key: string, now: Cut & { readonly isOld: boolean }): Answer | undefined {
    const found = this.#kept.get(key);
    if (!found) return undefined;
    const age = this.#clock() - found.made;
    const isSame = !now.isOld && found.version === now.version && found.logged === now.logged;
    if (isSame ? age < lastingMs : age < freshMs && found.logged === now.logged) return found;
    this.#forget(found);
    return undefined;
  }

  keep(answer: Answer): Answer {
    const before = this.#kept.get(answer.key);
    if (before) this.#forget(before);
    if (answer.length > keptBytesMax / 4) return answer;
    this.#kept.set(answer.key, answer);
    this.#bytes += answer.length;
    for (const one of this.#kept.values()) {
      if (this.#bytes <= keptBytesMax && this.#kept.size <= keptMax) break;
      this.#forget(one);
    }
    return answer;
  }

  get clock(): number {
    return this.#clock();
  }

  #forget(answer: Answer): void {
    this.#kept.delete(answer.key);
    this.#bytes -= answer.length;
  }
}

/** What is sent to whoever takes gzip, or does not; null: as it is, which is short. */
export const gzipped = (answer: Answer): Promise<readonly Buffer[]> | null =>
  answer.length < gzipBytesMin ? null : (answer.gzipped ??= gzipOf(answer.pieces));

/** As it is sent: what is long in pieces, as fast as it is taken. */
export const sendable = (
  buffers: readonly Buffer[],
): { readonly length: number; readonly payload: Buffer | Readable } => {
  const length = bytesIn(buffers);
  const payload = length <= atOnceBytesMax ? Buffer.concat(buffers) : Readable.from(buffers);
  return { length, payload };
};

/** Whether an Accept-Encoding takes gzip. */
export const takesGzip = (header: string | string[] | undefined): boolean =>
  String(header ?? '')
    .split(',')
    .some((one) => {
      const [name = '', ...parameters] = one.split(';').map((part) => part.trim().toLowerCase());
      const refused = parameters.some((parameter) => /^q=0(\.0*)?$/.test(parameter));
      return (name === 'gzip' || name === '*') && !refused;
    });

/** Weak: the same table at another moment has another `at`. */
export const tagOf = (...parts: readonly (string | number)[]): string =>
  `W/"${hash('sha256', JSON.stringify(parts)).slice(0, 24)}"`;
