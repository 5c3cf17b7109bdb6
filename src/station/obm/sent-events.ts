/** Server-sent events, as they come in pieces (WHATWG HTML §9.2), with an end to what one may be. */

import { ObmdError } from './errors.ts';

export interface SentEvent {
  /** Where to go on behind it; null: it does not say. */
  readonly id: string | null;
  /** null: it says no more than its id. */
  readonly data: string | null;
}

/** Characters of one event. */
export const sentEventMax = 128 * 1024;

export class SentEvents {
  readonly #decoder = new TextDecoder();
  /** The line that has no end yet. */
  #line = '';
  #id: string | null = null;
  #data: string[] = [];
  #length = 0;

  /**
   * The events that are whole with this piece. To stop in between is to stop for good.
   *
   * @throws {ObmdError} `failed`: one is too long
   */
  *take(piece: Uint8Array): Generator<SentEvent> {
    const lines = (this.#line + this.#decoder.decode(piece, { stream: true })).split('\n');
    this.#line = lines.pop()!;
    for (const line of lines) {
      const event = this.#end(line.endsWith('\r') ? line.slice(0, -1) : line);
      if (event) yield event;
    }
    this.#mustFit(this.#length + this.#line.length);
  }

  #end(line: string): SentEvent | null {
    if (line === '') {
      const [id, data] = [this.#id, this.#data];
      [this.#id, this.#data, this.#length] = [null, [], 0];
      return id === null && data.length === 0
        ? null
        : { id, data: data.length === 0 ? null : data.join('\n') };
    }
    this.#mustFit((this.#length += line.length));
    const [, name, value = ''] = /^([^:]*)(?:: ?(.*))?$/s.exec(line)!;
    if (name === 'id') this.#id = value;
    if (name === 'data') this.#data.push(value);
    return null;
  }

  #mustFit(length: number): void {
    if (length > sentEventMax)
      throw new ObmdError(
        'failed',
        `it tells of something in more than ${sentEventMax} characters`,
      );
  }
}
