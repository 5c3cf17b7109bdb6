/** What all agents together were told and have not read yet. */

/** Bytes that wait to be read by all agents together. */
export const unreadBytesInAllMax = 256 * 1024 * 1024;

/** A connection to somebody who reads, or does not. */
export interface Told {
  /** Bytes that wait to be read. */
  readonly unread: number;
  /** Ends it. */
  cut(): void;
}

/** Counts them; when they are too many, who has most of them is cut. */
export class UnreadBytes {
  readonly #max: number;
  /** As they were when they were last looked at. */
  readonly #of = new Map<Told, number>();
  #inAll = 0;

  constructor(max = unreadBytesInAllMax) {
    this.#max = max;
  }

  /** Looks how many a connection has. */
  note(one: Told): void {
    this.#look(one);
    if (this.#inAll <= this.#max) return;
    for (const other of [...this.#of.keys()]) this.#look(other);
    while (this.#inAll > this.#max) this.#cutFullest();
  }

  forget(one: Told): void {
    this.#inAll -= this.#of.get(one) ?? 0;
    this.#of.delete(one);
  }

  #look(one: Told): void {
    const { unread } = one;
    this.forget(one);
    if (unread === 0) return;
    this.#of.set(one, unread);
    this.#inAll += unread;
  }

  #cutFullest(): void {
    const [[fullest] = []] = [...this.#of].sort(([, a], [, b]) => b - a);
    if (!fullest) return;
    this.forget(fullest);
    fullest.cut();
  }
}
