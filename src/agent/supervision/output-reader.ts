/** Reads what a process has written, at the pace of whoever asks. */

import { setTimeout as wait } from 'node:timers/promises';
import type { Channel, Places } from '../logger/protocol.ts';
import { OutputCursor } from './output-file.ts';
import type { Note } from './output-file.ts';
import type { Output, OutputFiles } from './output-files.ts';

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
  readonly at: OutputCursor;
  noted: number;
}

export const noteOf = (text: string): Piece => ({ channel: 'note', data: Buffer.from(text) });

/** Reads the files of a process that the agent runs itself. */
export class FileReader implements OutputReader {
  readonly #outputs: Pick<OutputFiles, 'path' | 'limits' | 'of'>;
  readonly #output: Output;
  readonly #request: OutputRequest;
  readonly #end = new AbortController();
  readonly #cursors: Promise<Cursor[]>;

  constructor(
    outputs: Pick<OutputFiles, 'path' | 'limits' | 'of' | 'ends'>,
    output: Output,
    request: OutputRequest,
  ) {
    this.#outputs = outputs;
    this.#output = output;
    this.#request = request;
    // What is written after it was asked for is of no interest, however long reading takes.
    const ends = request.follow ? undefined : outputs.ends(output.fid);
    this.#cursors = this.#open(ends);
    this.#cursors.catch(() => undefined);
  }

  async next(): Promise<Piece | undefined> {
    const cursors = await this.#cursors;
    while (!this.#end.signal.aborted) {
      // A note that has no place yet may be before what could be read now.
      await this.#output.settled;
      const piece = await this.#look(cursors);
      if (piece !== undefined) return piece;
      if (!this.#request.follow) break;
      if (this.#outputs.of(this.#output.fid) !== this.#output)
        throw new UnreadableOutput('the process was removed from this host');
      await wait(lookMs, undefined, { signal: this.#end.signal }).catch(() => undefined);
    }
    await this.#leave();
    return undefined;
  }

  close(): void {
    this.#end.abort();
    void this.#leave();
  }

  async #open(ends: Promise<Places> | undefined): Promise<Cursor[]> {
    const found = await ends;
    return Promise.all(
      this.#request.channels.map(async (channel) => {
        const path = this.#outputs.path(this.#output.fid, channel);
        const at = new OutputCursor(path, this.#outputs.limits.files, found?.[channel]);
        await at.seek(this.#request.lines);
        return { channel, at, noted: 0 };
      }),
    );
  }

  async #leave(): Promise<void> {
    for (const { at } of await this.#cursors.catch(() => [])) await at.close();
  }

  /** A note comes when all that was written before it has come, in either file. */
  async #look(cursors: Cursor[]): Promise<Piece | undefined> {
    let first: Note | undefined;
    for (const cursor of cursors) {
      const { channel, at, noted } = cursor;
      const found = await at.read(this.#output.notes[channel], noted, pieceBytesMax);
      if (found.kind === 'lost')
        return noteOf(`some of its ${channel} is gone: newer output took its room`);
      if (found.kind === 'note' && found.note.id < (first?.id ?? Infinity)) first = found.note;
      if (found.kind !== 'data') continue;
      // The other one's turn is next.
      cursors.push(...cursors.splice(0, cursors.indexOf(cursor) + 1));
      return { channel, data: found.data };
    }
    if (first === undefined) return undefined;
    for (const cursor of cursors) cursor.noted = Math.max(cursor.noted, first.id);
    return noteOf(first.text);
  }
}
