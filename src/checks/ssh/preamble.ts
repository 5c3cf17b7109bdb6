/** What rc files of a login shell say before what is ours begins. */

/** More than that is no rc file; then nothing of it is taken for ours, bytes. */
const preambleMax = 256 * 1024;

/** Takes away everything up to the line with the mark. */
export class Preamble {
  readonly #mark: Buffer;
  #held: Buffer = Buffer.alloc(0);
  #isOver = false;
  /** Number of the process that has written the mark, where it has been written with it. */
  group: number | undefined;

  /** @param mark nobody else can know it */
  constructor(mark: string) {
    this.#mark = Buffer.from(`\n${mark}`);
  }

  /** What is ours of the next piece. */
  take(piece: Buffer): Buffer {
    if (this.#isOver) return piece;
    this.#held = Buffer.concat([this.#held, piece]);
    const at = this.#held.indexOf(this.#mark);
    const end = at < 0 ? -1 : this.#held.indexOf('\n', at + this.#mark.length);
    if (end < 0) {
      if (at < 0 && this.#held.length > preambleMax)
        this.#held = this.#held.subarray(-this.#mark.length);
      return Buffer.alloc(0);
    }
    const number = this.#held.toString('latin1', at + this.#mark.length, end).trim();
    // Never 0 or 1: ended as groups, they are everything.
    if (/^\d{1,10}$/.test(number) && Number(number) > 1) this.group = Number(number);
    this.#isOver = true;
    const rest = this.#held.subarray(end + 1);
    this.#held = Buffer.alloc(0);
    return rest;
  }
}
