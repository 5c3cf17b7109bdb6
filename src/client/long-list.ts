/**
 * A long list in an answer, read as it comes: `{"meta": {…}, "nodes": [{…}, …]}`. Whoever reads it has its beginning
 * before its end is there, and never takes apart all of it in one go.
 */

/** What has come of an answer. */
export interface ListPiece {
  /** The members before the list, once, with the first piece. */
  readonly head?: Readonly<Record<string, unknown>>;
  readonly items: readonly unknown[];
}

const [quote, backslash, comma] = [34, 92, 44];
const opening: ReadonlySet<number> = new Set([91, 123]);
const closing: ReadonlySet<number> = new Set([93, 125]);
/** How deep the items are: within the list, which is within the answer. */
const itemDepth = 2;

/**
 * The items of the list `name`, which is the last member of an object.
 *
 * @throws {SyntaxError} it is no such answer, or it ends amid it
 */
export async function* readLongList(
  bytes: AsyncIterable<Uint8Array>,
  name: string,
  onBytes: () => void = () => undefined,
): AsyncGenerator<ListPiece> {
  const decoder = new TextDecoder();
  const reader = new ListReader(name);
  for await (const chunk of bytes) {
    onBytes();
    const piece = reader.take(decoder.decode(chunk, { stream: true }));
    if (piece) yield piece;
  }
  reader.end();
}

class ListReader {
  readonly #beginning: string;
  #head: Readonly<Record<string, unknown>> | undefined;
  #text = '';
  /** Up to where the text has been looked at. */
  #at = 0;
  /** Where the items that are not told yet begin. */
  #from = 0;
  #depth = 0;
  #isQuoted = false;
  #isOver = false;
  /** Whether what stands before the list has not been told yet. */
  #isNew = false;

  constructor(name: string) {
    this.#beginning = `"${name}":[`;
  }

  take(text: string): ListPiece | undefined {
    this.#text += text;
    let end = this.#from;
    for (; this.#at < this.#text.length && !this.#isOver; this.#at += 1) {
      const code = this.#text.charCodeAt(this.#at);
      if (this.#isQuoted) {
        if (code === backslash) this.#at += 1;
        else if (code === quote) this.#isQuoted = false;
      } else if (code === quote) this.#isQuoted = true;
      else if (opening.has(code)) {
        this.#depth += 1;
        const isFirst = this.#depth === itemDepth && !this.#head && this.#isListHere();
        if (isFirst) end = this.#from = this.#at + 1;
      } else if (closing.has(code)) {
        this.#depth -= 1;
        if (!this.#head) continue;
        if (this.#depth === itemDepth) end = this.#at + 1;
        if (this.#depth === 0) this.#isOver = true;
      }
    }
    return this.#told(end);
  }

  /** Whether the list begins at this bracket; then what stands before it is told. */
  #isListHere(): boolean {
    const before = this.#text.slice(0, this.#at + 1);
    if (!before.endsWith(this.#beginning)) return false;
    const head = before.slice(0, -this.#beginning.length).replace(/,\s*$/, '');
    this.#head = JSON.parse(`${head}}`) as Record<string, unknown>;
    this.#isNew = true;
    return true;
  }

  #told(end: number): ListPiece | undefined {
    const head = this.#isNew && this.#head ? { head: this.#head } : {};
    this.#isNew = false;
    let items: unknown[] = [];
    if (this.#head && end > this.#from) {
      const start = this.#text.charCodeAt(this.#from) === comma ? this.#from + 1 : this.#from;
      items = JSON.parse(`[${this.#text.slice(start, end)}]`) as unknown[];
    }
    if (this.#head) {
      this.#text = this.#text.slice(end);
      this.#at -= end;
      this.#from = 0;
    }
    return items.length > 0 || 'head' in head ? { ...head, items } : undefined;
  }

  end(): void {
    if (!this.#isOver || !this.#head) throw new SyntaxError('the answer ends amid its list');
  }
}
