/** Text for terminals. */

import { printable, printableLines, widthOf } from '../../terminal/lines.ts';

export { briefly, counted } from '../../client/view/words.ts';
export { printable, printableLines, shorten, widthOf } from '../../terminal/lines.ts';

/** Bytes of a text that come in pieces, made printable; pieces may end within a character or a line end. */
export class PrintableLines {
  readonly #decoder = new TextDecoder();
  #held = '';

  take(piece: Uint8Array): string {
    return this.#lines(this.#decoder.decode(piece, { stream: true }));
  }

  end(): string {
    const text = this.#lines(this.#decoder.decode());
    return text + printableLines(this.#held);
  }

  /** A carriage return before a line feed is part of the line end. */
  #lines(decoded: string): string {
    const text = this.#held + decoded;
    this.#held = text.endsWith('\r') ? '\r' : '';
    const whole = this.#held === '' ? text : text.slice(0, -1);
    return printableLines(whole.replaceAll('\r\n', '\n'));
  }
}

/** What stands before a line of each of several hosts, as pdsh has it, so that their lines begin in one column. */
export const hostPrefixes = (hosts: readonly string[]): ((host: string) => string) => {
  const width = Math.max(0, ...hosts.map(widthOf)) + 2;
  return (host) => `${host}: `.padEnd(width);
};

/** A time as UTC to the second, `2026-11-21T10:00:00Z`. */
export const formatTime = (ms: number): string =>
  new Date(ms).toISOString().replace(/\.\d{3}Z$/, 'Z');

/** Exactly what the API answered, laid out for people and programs alike; escapes are JSON's own. */
export const formatJson = (value: unknown): string =>
  `${printableLines(JSON.stringify(value, null, 2))}\n`;

/** The same on one line, without its end. */
export const jsonLine = (value: unknown): string => printable(JSON.stringify(value));
