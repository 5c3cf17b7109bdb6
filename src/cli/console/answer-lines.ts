/** What a machine writes, in lines that do nothing to a terminal: as in a view of its log. */

import { inert, withoutSequences } from '../../terminal/inert.ts';

/** Longest line, characters; a longer one goes on as another. */
const lineMax = 8 * 1024;

export class AnswerLines {
  readonly #decoder = new TextDecoder();
  #line = '';

  /** The lines that are whole now. Pieces may end within a character or a line end. */
  take(piece: Uint8Array): string[] {
    this.#line += this.#decoder.decode(piece, { stream: true });
    const lines = this.#line.split('\n');
    let rest = lines.pop() ?? '';
    for (; rest.length > lineMax; rest = rest.slice(lineMax)) lines.push(rest.slice(0, lineMax));
    this.#line = rest;
    return lines.map(seen);
  }

  /** What there is of a last one, such as a prompt. */
  end(): string[] {
    const rest = this.#line + this.#decoder.decode();
    this.#line = '';
    return rest === '' ? [] : [seen(rest)];
  }
}

const seen = (line: string): string => inert(withoutSequences(line.replace(/\r+$/, '')));
