/** Which of the packets of a session are new: IPMI 2.0 §6.12.13. */

/** How far behind the newest a packet may come. */
const width = 32;

/**
 * Only for packets whose integrity has been checked. One may be further ahead than the
 * specification has it, because what is between may be lost; none is let in twice.
 */
export class SequenceWindow {
  #newest = 0;
  /** Bit n: the packet n before the newest has come. */
  #seen = 0;

  /** Whether a packet is new; from then on it is not. */
  admit(sequence: number): boolean {
    if (sequence > this.#newest) {
      const ahead = sequence - this.#newest;
      this.#seen = ahead >= width ? 1 : (this.#seen << ahead) | 1;
      this.#newest = sequence;
      return true;
    }
    const behind = this.#newest - sequence;
    if (sequence === 0 || behind >= width) return false;
    const bit = 1 << behind;
    if ((this.#seen & bit) !== 0) return false;
    this.#seen |= bit;
    return true;
  }
}
