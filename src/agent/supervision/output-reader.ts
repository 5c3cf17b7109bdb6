/** Reads what a process has written, at the pace of whoever asks. */

import { setTimeout as wait } from 'node:timers/promises';
import type { Note, OutputFile, Place } from './output-file.ts';
import type { Channel } from './output-files.ts';

export interface OutputRequest {
  readonly channels: readonly Channel[];
  /** How many lines of each to begin with; null: all that are kept. */
  readonly lines: number | null;
  /** Whether to wait for what is written later. */
  readonly follow: boolean;
}

export type Piece =
  | { readonly channel: Channel; readonly data: Buffer }
  /** What happened there and then, in words. */
  | { readonly channel: 'note'; readonly data: Buffer };

export interface OutputReader {
  /** What comes next; undefined where nothing will. One call at a time. */
  next(): Promise<Piece | undefined>;
  /** Ends it, and a call that waits. */
  close(): void;
}

/** Output cannot be read, and why. */
export class UnreadableOutput extends Error {}

/** Bytes of one piece. */
export const pieceBytesMax = 32 * 1024;
/** Between two looks at a file that has ended, ms. */
const lookMs = 150;

interface Cursor {
  readonly channel: Channel;
  readonly file: OutputFile;
  at: Place;
  noted: number;
}

export const noteOf = (text: string): Piece => ({ channel: 'note', data: Buffer.from(text) });

/** Reads the files of a process that the agent runs itself. */
export class FileReader implements OutputReader {
  readonly #request: OutputRequest;
  readonly #files: Readonly<Record<Channel, OutputFile>>;
  readonly #isThere: () => boolean;
  readonly #end = new AbortController();
  #cursors: Cursor[] | undefined;

  /** @param isThere whether the process is still one of this host's */
  constructor(
    files: Readonly<Record<Channel, OutputFile>>,
    request: OutputRequest,
    isThere: () => boolean,
  ) {
    this.#files = files;
    this.#request = request;
    this.#isThere = isThere;
  }

  async next(): Promise<Piece | undefined> {
    this.#cursors ??= await Promise.all(
      this.#request.channels.map(async (channel) => {
        const file = this.#files[channel];
        return { channel, file, at: await file.start(this.#request.lines), noted: 0 };
      }),
    );
    while (!this.#end.signal.aborted) {
      const piece = await this.#look(this.#cursors);
      if (piece !== undefined) return piece;
      if (!this.#request.follow) return undefined;
      if (!this.#isThere()) throw new UnreadableOutput('the process was removed from this host');
      await wait(lookMs, undefined, { signal: this.#end.signal }).catch(() => undefined);
    }
    return undefined;
  }

  close(): void {
    this.#end.abort();
  }

  /** A note comes when all that was written before it has come, in either file. */
  async #look(cursors: Cursor[]): Promise<Piece | undefined> {
    let first: Note | undefined;
    for (const cursor of cursors) {
      const found = await cursor.file.read(cursor.at, cursor.noted, pieceBytesMax);
      cursor.at = found.next;
      if (found.kind === 'lost')
        return noteOf(`some of its ${cursor.channel} is gone: newer output took its room`);
      if (found.kind === 'note' && found.note.id < (first?.id ?? Infinity)) first = found.note;
      if (found.kind !== 'data') continue;
      // The other one's turn is next.
      cursors.push(...cursors.splice(0, cursors.indexOf(cursor) + 1));
      return { channel: cursor.channel, data: found.data };
    }
    if (first === undefined) return undefined;
    for (const cursor of cursors) cursor.noted = Math.max(cursor.noted, first.id);
    return noteOf(first.text);
  }
}
