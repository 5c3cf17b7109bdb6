/**
 * Answers that were made lately, so that many who ask for the same while nothing changes cost one. Where only
 * observations have changed, an answer is given again for half a second: what checks find comes all the time.
 */

import { hash } from 'node:crypto';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';

const compressed = promisify(gzip);

/** How long an answer is good although observations have changed since, ms. */
export const freshMs = 500;
/** How long it is at most: ages are counted from when it was made. */
const lastingMs = 5000;
/** Bytes of all that are kept, and how many. */
export const keptBytesMax = 96 * 1024 * 1024;
const keptMax = 64;
/** Shorter ones are sent as they are. */
const gzipBytesMin = 2048;

export interface Cut {
  readonly version: number;
  readonly logged: number;
}

export interface Answer extends Cut {
  readonly key: string;
  readonly tag: string;
  readonly type: string;
  readonly body: Buffer;
  readonly revision: number;
  /** Monotonic, ms. */
  readonly made: number;
  gzipped: Promise<Buffer> | undefined;
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
    if (answer.body.length > keptBytesMax / 4) return answer;
    this.#kept.set(answer.key, answer);
    this.#bytes += answer.body.length;
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
    this.#bytes -= answer.body.length;
  }
}

/** What is worth it, for whoever takes it; once an answer, in a thread. */
export const gzipped = (answer: Answer): Promise<Buffer> | undefined =>
  answer.body.length < gzipBytesMin
    ? undefined
    : (answer.gzipped ??= compressed(answer.body, { level: 3 }));

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
