/** What is typed on its way to a machine: in order, bounded, and taken back with the right to type. */

import type { ConsoleLink } from '../drivers/driver.ts';
import { ObmError } from '../errors.ts';
import type { Viewer } from './viewer.ts';

interface Piece {
  readonly viewer: Viewer;
  /** null: a break. */
  bytes: Uint8Array | null;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

/** What is handed on at a time, bytes: nobody can take that back any more. */
const handedMax = 512;
/** Pieces that may wait, however small. */
const piecesMax = 4096;

interface TypingOptions {
  /** Bytes that may wait. */
  readonly max: number;
  readonly link: () => ConsoleLink | null;
  /** The OBM has taken so many bytes. */
  readonly typed: (viewer: Viewer, bytes: number) => void;
}

export class Typing {
  readonly #options: TypingOptions;
  #pieces: Piece[] = [];
  #waiting = 0;
  #isHanding = false;

  constructor(options: TypingOptions) {
    this.#options = options;
  }

  /**
   * Resolves when the OBM has taken it.
   *
   * @param bytes null: a break
   * @throws ObmError `limit`, `no-answer` where there is no link, `closed` where it was taken back
   */
  type(viewer: Viewer, bytes: Uint8Array | null): Promise<void> {
    const length = bytes?.length ?? 0;
    const { max } = this.#options;
    if (this.#options.link() === null) return Promise.reject(notConnected());
    if (this.#waiting + length > max || this.#pieces.length >= piecesMax)
      return Promise.reject(
        new ObmError('limit', `more than ${max} bytes wait to be typed; try again`),
      );
    return new Promise((resolve, reject) => {
      // Copied, for whoever types may use his buffer again.
      this.#pieces.push({ viewer, bytes: bytes && Buffer.from(bytes), resolve, reject });
      this.#waiting += length;
      if (!this.#isHanding) void this.#hand();
    });
  }

  /** Takes back what has not been handed on: all, or one viewer's. */
  drop(reason: Error, viewer?: Viewer): void {
    const dropped = this.#pieces.filter((piece) => viewer === undefined || piece.viewer === viewer);
    this.#pieces = this.#pieces.filter((piece) => !dropped.includes(piece));
    for (const { bytes, reject } of dropped) {
      this.#waiting -= bytes?.length ?? 0;
      reject(reason);
    }
  }

  async #hand(): Promise<void> {
    this.#isHanding = true;
    for (;;) {
      const piece = this.#pieces[0];
      if (piece === undefined) break;
      const link = this.#options.link();
      try {
        if (link === null) throw notConnected();
        await this.#handFirst(piece, link);
      } catch (error) {
        // What comes after something that is lost would not be what was typed.
        this.drop(error as Error);
      }
    }
    this.#isHanding = false;
  }

  async #handFirst(piece: Piece, link: ConsoleLink): Promise<void> {
    if (piece.bytes === null) await link.sendBreak();
    else {
      const handed = piece.bytes.subarray(0, handedMax);
      await link.write(handed);
      this.#options.typed(piece.viewer, handed.length);
      // It may have been taken back meanwhile, and is not counted any more.
      if (this.#pieces[0] !== piece) return;
      this.#waiting -= handed.length;
      piece.bytes = piece.bytes.subarray(handed.length);
      if (piece.bytes.length > 0) return;
    }
    if (this.#pieces[0] === piece) this.#pieces.shift();
    piece.resolve();
  }
}

const notConnected = (): ObmError =>
  new ObmError('no-answer', 'the console is not connected; nothing was typed');
