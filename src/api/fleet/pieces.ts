/** Answers in pieces. Those that several answers have in common are kept, made and compressed once. */

import { constants, crc32, deflateRaw } from 'node:zlib';
import { promisify } from 'node:util';
import type { FleetRow } from '../../checks/view/row.ts';

const deflate = promisify(deflateRaw);

export interface Piece {
  readonly bytes: Buffer;
  /** Compressed, for a place amid others. */
  deflated: Promise<Buffer> | undefined;
}

export const pieceOf = (bytes: Buffer): Piece => ({ bytes, deflated: undefined });

export const bytesIn = (buffers: readonly Buffer[]): number =>
  buffers.reduce((all, { length }) => all + length, 0);

/** Pieces that are compressed at once, by threads. */
const deflatedAtOnce = 8;

/** No name, no time; made on Unix (RFC 1952). */
const gzipHead = Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3]);

/** All of them as one gzip stream. Each is compressed by itself, so that it is good in every answer that has it. */
export const gzipOf = async (pieces: readonly Piece[]): Promise<readonly Buffer[]> => {
  const parts: Buffer[] = [gzipHead];
  for (let from = 0; from < pieces.length; from += deflatedAtOnce)
    parts.push(...(await Promise.all(pieces.slice(from, from + deflatedAtOnce).map(deflated))));
  let [sum, size] = [0, 0];
  for (const { bytes } of pieces) {
    sum = crc32(bytes, sum);
    size += bytes.length;
  }
  const end = Buffer.alloc(10);
  // An empty block that is the last one.
  end.writeUInt16LE(0x0003, 0);
  end.writeUInt32LE(sum, 2);
  end.writeUInt32LE(size % 2 ** 32, 6);
  return [...parts, end];
};

const deflated = (piece: Piece): Promise<Buffer> =>
  (piece.deflated ??= deflate(piece.bytes, {
    level: 3,
    finishFlush: constants.Z_FULL_FLUSH,
  }).catch((error: unknown) => {
    piece.deflated = undefined;
    throw error;
  }));

interface Block extends Piece {
  readonly rows: readonly FleetRow[];
}

/** Rows of a block: about so many, and never more. */
const rowsUsual = 128;
const rowsMax = 512;
/** Of all blocks that are kept. */
export const blockBytesMax = 48 * 1024 * 1024;

/**
 * Texts of many machines in blocks. Where a block ends is said by the names in it, so that one machine that changes, or
 * has another place now, makes one or two of them anew and moves none.
 */
export class Blocks {
  readonly #text: (row: FleetRow) => string;
  /** By their first rows, the one that was wanted longest ago first. */
  readonly #kept = new Map<FleetRow, Block>();
  #bytes = 0;

  /** @param text of a row; the same for ever */
  constructor(text: (row: FleetRow) => string) {
    this.#text = text;
  }

  /** The texts of rows, with a comma before each. */
  *of(rows: readonly FleetRow[]): Generator<Piece> {
    for (let from = 0; from < rows.length;) {
      const found = this.#kept.get(rows[from]!);
      const block =
        found && isThere(found.rows, rows, from)
          ? found
          : this.#made(rows.slice(from, endOf(rows, from)));
      this.#keep(block);
      yield block;
      from += block.rows.length;
    }
  }

  #made(rows: readonly FleetRow[]): Block {
    return { rows, ...pieceOf(Buffer.from(rows.map((row) => `,${this.#text(row)}`).join(''))) };
  }

  #keep(block: Block): void {
    const [first] = block.rows;
    const before = this.#kept.get(first!);
    if (before) this.#forget(first!, before);
    this.#kept.set(first!, block);
    this.#bytes += block.bytes.length;
    for (const [row, one] of this.#kept) {
      if (this.#bytes <= blockBytesMax) break;
      this.#forget(row, one);
    }
  }

  #forget(first: FleetRow, block: Block): void {
    this.#kept.delete(first);
    this.#bytes -= block.bytes.length;
  }
}

const isThere = (these: readonly FleetRow[], rows: readonly FleetRow[], from: number): boolean =>
  these.every((row, i) => rows[from + i] === row);

const endOf = (rows: readonly FleetRow[], from: number): number => {
  const most = Math.min(rows.length, from + rowsMax);
  for (let at = from; at < most; at += 1) if (isLast(rows[at]!.machine)) return at + 1;
  return most;
};

/** FNV-1a. */
const isLast = (name: string): boolean => {
  let sum = 0x811c9dc5;
  for (let i = 0; i < name.length; i += 1) sum = Math.imul(sum ^ name.charCodeAt(i), 0x01000193);
  return (sum >>> 8) % rowsUsual === 0;
};
