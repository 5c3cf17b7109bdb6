/**
 * What comes, on its way to be drawn, in its order. A browser takes all that a socket brings, and a terminal draws when it
 * has time: who sends is told how much was drawn, and sends no more than there is room for.
 */

export interface DrawingParts {
  /** Draws bytes after those before, and says when that is done. */
  readonly draw: (bytes: Uint8Array, drawn: () => void) => void;
  /** Says how many bytes were drawn since it was said last. */
  readonly tell: (bytes: number) => void;
}

/** So many drawn bytes are told at once, unless nothing more waits. */
const toldAtOnce = 32 * 1024;

export class Drawing {
  readonly #parts: DrawingParts;
  #waiting = 0;
  #untold = 0;
  /** Of another connection than now: its sender waits for nothing. */
  #round = 0;

  constructor(parts: DrawingParts) {
    this.#parts = parts;
  }

  /** Bytes that came and are not drawn. */
  get waiting(): number {
    return this.#waiting;
  }

  add(bytes: Uint8Array): void {
    const round = this.#round;
    this.#waiting += bytes.length;
    this.#parts.draw(bytes, () => {
      this.#waiting -= bytes.length;
      if (round !== this.#round) return;
      this.#untold += bytes.length;
      if (this.#waiting > 0 && this.#untold < toldAtOnce) return;
      this.#parts.tell(this.#untold);
      this.#untold = 0;
    });
  }

  /** Runs when all that came before is drawn. */
  then(run: () => void): void {
    this.#parts.draw(new Uint8Array(), run);
  }

  /** Who sends now is another one. */
  forget(): void {
    this.#round += 1;
    this.#untold = 0;
  }
}
