/** What a process writes, in lines, of which only the last are kept: whoever reads looks at the end. */

export interface OutputLine {
  /** Counts from the first that came. */
  readonly number: number;
  readonly stream: 'stdout' | 'stderr' | 'note';
  readonly text: string;
}

type Piece =
  { readonly stream: 'stdout' | 'stderr'; readonly data: Uint8Array } | { readonly note: string };

export const linesKept = 2000;
/** Characters of a line; a longer one is broken. */
export const lineLength = 8192;

export class OutputLines {
  #kept: OutputLine[] = [];
  #count = 0;
  readonly #open = { stdout: '', stderr: '' };
  readonly #decoders = { stdout: new TextDecoder(), stderr: new TextDecoder() };

  /** The last lines; those that are not ended yet come last. */
  get lines(): readonly OutputLine[] {
    const open = (['stdout', 'stderr'] as const)
      .filter((stream) => this.#open[stream] !== '')
      .map((stream, index) => ({
        number: this.#count + index,
        stream,
        text: this.#open[stream],
      }));
    return [...this.#kept, ...open];
  }

  /** How many lines came before those that are kept. */
  get dropped(): number {
    return this.#count - this.#kept.length;
  }

  take(piece: Piece): void {
    if ('note' in piece) return this.#keep('note', piece.note);
    const { stream, data } = piece;
    let rest = this.#open[stream] + this.#decoders[stream].decode(data, { stream: true });
    for (let end = rest.indexOf('\n'); end >= 0; end = rest.indexOf('\n')) {
      this.#keep(stream, rest.slice(0, end).replace(/\r$/, ''));
      rest = rest.slice(end + 1);
    }
    this.#open[stream] = rest.length > lineLength ? (this.#keep(stream, rest), '') : rest;
  }

  #keep(stream: OutputLine['stream'], text: string): void {
    for (let at = 0; at === 0 || at < text.length; at += lineLength)
      this.#kept.push({ number: this.#count++, stream, text: text.slice(at, at + lineLength) });
    // Seldom, so that it costs little.
    if (this.#kept.length > 2 * linesKept) this.#kept = this.#kept.slice(-linesKept);
  }
}
