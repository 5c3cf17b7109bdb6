/** Looks for text in the log of a console. */

import type { Recording } from '../recording/recording.ts';
import { inert, withoutSequences } from '../../../terminal/inert.ts';
import { linesOf } from './lines.ts';
import { readLog } from './read-log.ts';
import type { LogItem, LogRange } from './read-log.ts';
import type { Reader } from './readers.ts';

export interface Search extends Omit<LogRange, 'follow'> {
  /** As it stands in a line, without sequences for the terminal. */
  readonly text: string;
  readonly ignoreCase?: boolean;
  /** Hits that are wanted. */
  readonly limit: number;
}

export interface Hit {
  readonly at: number;
  /** Of the line's first byte: where to read on. */
  readonly position: number;
  /** The line, inert. */
  readonly line: string;
}

export interface SearchResult {
  readonly hits: readonly Hit[];
  /** Where to go on, where there may be more; null where all was looked at. */
  readonly next: number | null;
}

/** Bytes that one search looks at. */
export const searchBytesMax = 64 * 1024 ** 2;
export const searchHitsMax = 1_000;
export const searchTextMax = 256;

/**
 * The lines with a text, oldest first. It reads piece by piece and waits for the disk at each, so
 * that others get their turn; the reader's signal ends it with what it has.
 *
 * @throws RangeError where the text is empty or too long; as `readLog` does
 */
export const searchLog = async (
  recording: Recording,
  search: Search,
  reader: Reader,
): Promise<SearchResult> => {
  const { text, ignoreCase = false, limit } = search;
  if (text === '' || text.length > searchTextMax)
    throw new RangeError(`a text of 1 to ${searchTextMax} characters can be searched for`);
  const folded = (line: string): string => (ignoreCase ? line.toLowerCase() : line);
  const wanted = folded(text);
  const most = Math.min(limit, searchHitsMax);
  const hits: Hit[] = [];
  const counted = { bytes: 0 };
  const items = bounded(readLog(recording, search, reader), counted);
  let next = search.from ?? 0;
  for await (const line of linesOf(items)) {
    if (line.kind === 'mark') continue;
    const { at, position, text } = line;
    next = position;
    if (hits.length >= most) return { hits, next };
    const shown = withoutSequences(text);
    if (folded(shown).includes(wanted)) hits.push({ at, position, line: inert(shown) });
  }
  const isWhole = counted.bytes < searchBytesMax && !reader.signal.aborted;
  return { hits, next: isWhole ? null : next };
};

async function* bounded(
  items: AsyncIterable<LogItem>,
  counted: { bytes: number },
): AsyncGenerator<LogItem, void> {
  for await (const item of items) {
    // What happened in the middle of a line does not hide what stands in it.
    if (item.kind === 'mark') continue;
    yield item;
    counted.bytes += item.bytes.length;
    if (counted.bytes >= searchBytesMax) return;
  }
}
