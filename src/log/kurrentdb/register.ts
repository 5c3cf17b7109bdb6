/**
 * A register as a stream that keeps one event. A value that is too large for one append lies in
 * pieces in a stream beside it, and the event says where.
 */

import { crc32 } from 'node:zlib';
import type { EventData } from '@kurrent/kurrentdb-client';
import { LogUnavailableError, OutcomeUnknownError } from '../log.ts';
import { registerBytesMax } from '../register.ts';
import type { Register, RegisterEntry } from '../register.ts';
import { eventOverhead } from './event.ts';
import { wordsOf } from './failure.ts';
import { KurrentdbStream } from './stream.ts';
import type { StreamParts } from './stream.ts';

export interface RegisterParts extends StreamParts {
  /** The servers' limit of an append, as far as it is known, bytes. */
  readonly maxAppendSize: () => number;
}

/** Where the pieces of a value are, in order, and its checksum. */
interface Pieces {
  readonly pieces: readonly number[];
  readonly crc: number;
}

/** How often a value is looked for that is replaced while it is read. */
const lookups = 5;

export class KurrentdbRegister implements Register {
  readonly #parts: RegisterParts;
  readonly #stream: KurrentdbStream;
  readonly #pieces: KurrentdbStream;
  #keepsOne: Promise<void> | undefined;

  constructor(name: string, parts: RegisterParts) {
    this.#parts = parts;
    this.#stream = new KurrentdbStream(name, parts);
    this.#pieces = new KurrentdbStream(`${name}-pieces`, parts);
  }

  async read(): Promise<RegisterEntry | undefined> {
    for (let i = 0; i < lookups; i += 1) {
      const last = await this.#asked(this.#stream.last());
      if (last === undefined) return undefined;
      const said = last.metadata as Partial<Pieces> | undefined;
      const value = said?.pieces ? await this.#joined(said as Pieces) : last.data;
      if (value !== undefined) return { version: last.revision + 1, value };
    }
    throw new LogUnavailableError(`${this.#stream.name} changes faster than it can be read`);
  }

  async replace(seen: number, value: Buffer): Promise<number | undefined> {
    if (value.length > registerBytesMax)
      throw new RangeError(`a register takes ${registerBytesMax} bytes, these are ${value.length}`);
    await this.#asked(this.#keepOne());
    const room = this.#parts.maxAppendSize() - eventOverhead;
    const isLarge = value.length > room;
    const said = isLarge ? await this.#store(value, room) : undefined;
    const event = eventOf(isLarge ? Buffer.alloc(0) : value, said);
    const { call } = this.#parts.waits;
    const appended = await this.#stream.append([event], seen, call);
    switch (appended.kind) {
      case 'kept':
        // Pieces of what was there before are of no use; if they stay, they cost space.
        if (said)
          await this.#pieces.keep({ truncateBefore: Math.min(...said.pieces) }).catch(() => {});
        return seen + 1;
      case 'conflict':
        if (!appended.doubtful) return undefined;
        throw new OutcomeUnknownError(`${this.#stream.name} was changed, perhaps by this station`);
      case 'unknown':
        throw new OutcomeUnknownError(
          `nobody knows whether ${this.#stream.name} was changed: ${wordsOf(appended.error)}`,
          { cause: appended.error },
        );
      default:
        throw this.#unavailable(
          appended.kind === 'refused' ? appended.error : new Error('the servers take less'),
        );
    }
  }

  /** Sees to it once that the servers throw away what was replaced. */
  #keepOne(): Promise<void> {
    this.#keepsOne ??= this.#stream.keep({ maxCount: 1 }).catch((error: unknown) => {
      this.#keepsOne = undefined;
      throw error;
    });
    return this.#keepsOne;
  }

  async #store(value: Buffer, room: number): Promise<Pieces> {
    const pieces: number[] = [];
    for (let at = 0; at < value.length; at += room) {
      const piece = eventOf(value.subarray(at, at + room), undefined);
      const appended = await this.#pieces.append([piece], undefined, this.#parts.waits.call);
      if (appended.kind !== 'kept')
        throw this.#unavailable('error' in appended ? appended.error : new Error(appended.kind));
      pieces.push(appended.revision);
    }
    return { pieces, crc: crc32(value) };
  }

  /** @returns undefined where a piece is gone, because the value was replaced */
  async #joined({ pieces, crc }: Pieces): Promise<Buffer | undefined> {
    const found: Buffer[] = [];
    for (const revision of pieces) {
      const [piece] = await this.#asked(this.#pieces.page(revision, 1));
      if (piece?.revision !== revision) return undefined;
      found.push(piece.data);
    }
    const value = Buffer.concat(found);
    return crc32(value) === crc ? value : undefined;
  }

  async #asked<T>(answer: Promise<T>): Promise<T> {
    try {
      return await answer;
    } catch (error) {
      throw this.#unavailable(error);
    }
  }

  #unavailable(cause: unknown): LogUnavailableError {
    return new LogUnavailableError(`${this.#stream.name}: ${wordsOf(cause)}`, { cause });
  }
}

function eventOf(data: Buffer, metadata: Pieces | undefined): EventData {
  const id = crypto.randomUUID();
  const type = 'HalcyonRegister';
  return { id, type, contentType: 'application/octet-stream', data, metadata: { ...metadata } };
}
