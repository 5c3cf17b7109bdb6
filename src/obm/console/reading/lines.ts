/** A console's log as lines of text with the time at which each began. */

import type { Marker } from '../marker.ts';
import type { LogItem } from './read-log.ts';

export type LogLine =
  | {
      readonly kind: 'line';
      /** When its first byte came, ms since the epoch. */
      readonly at: number;
      /** Of its first byte. */
      readonly position: number;
      /** As it came, without its end; what is no UTF-8 is replaced. Not inert: see `inert`. */
      readonly text: string;
    }
  | { readonly kind: 'mark'; readonly marker: Marker };

/** Bytes of a line; a longer one goes on as another. */
export const lineBytesMax = 8 * 1024;

const lineFeed = 0x0a;
const carriageReturn = 0x0d;

interface Unfinished {
  readonly at: number;
  readonly position: number;
  pieces: Buffer[];
  length: number;
}

const textOf = ({ pieces }: Unfinished): string => {
  const bytes = Buffer.concat(pieces);
  let end = bytes.length;
  while (end > 0 && bytes[end - 1] === carriageReturn) end -= 1;
  return bytes.subarray(0, end).toString('utf8');
};

/** Characters that are split over packets are whole in their line. */
export async function* linesOf(items: AsyncIterable<LogItem>): AsyncGenerator<LogLine, void> {
  let line: Unfinished | null = null;
  const finished = (done: Unfinished): LogLine => {
    const { at, position } = done;
    return { kind: 'line', at, position, text: textOf(done) };
  };
  for await (const item of items) {
    if (item.kind === 'mark') {
      // What happened while a line was written stands behind what there was of it.
      if (line !== null) yield finished(line);
      line = null;
      yield item;
      continue;
    }
    const { bytes, position, at } = item;
    if (line !== null && line.position + line.length !== position) {
      yield finished(line);
      line = null;
    }
    for (let from = 0; from < bytes.length;) {
      line ??= { at, position: position + from, pieces: [], length: 0 };
      const feed = bytes.indexOf(lineFeed, from);
      const to = Math.min(feed < 0 ? bytes.length : feed, from + lineBytesMax - line.length);
      line.pieces.push(bytes.subarray(from, to));
      line.length += to - from;
      const isFed = to === feed;
      from = isFed ? to + 1 : to;
      if (!isFed && line.length < lineBytesMax) continue;
      yield finished(line);
      line = null;
    }
  }
  if (line !== null) yield finished(line);
}
