/** A console's log as asciicast v2, which players of terminal recordings show. */

import { StringDecoder } from 'node:string_decoder';
import type { LogItem } from './read-log.ts';

export interface AsciicastOptions {
  readonly title: string;
  readonly width?: number;
  readonly height?: number;
}

const line = (value: unknown): string => `${JSON.stringify(value)}\n`;

/**
 * Lines of a recording: the header, then what was written (`o`) and what happened beside (`m`), with
 * seconds since the first. A clock that was set back stands still meanwhile.
 */
export async function* asciicast(
  items: AsyncIterable<LogItem>,
  { title, width = 80, height = 24 }: AsciicastOptions,
): AsyncGenerator<string, void> {
  const decoder = new StringDecoder('utf8');
  let began: number | null = null;
  let last = 0;
  const seconds = (at: number): number => {
    last = Math.max(last, at - (began ?? at));
    return last / 1000;
  };
  const header = (at: number): string => {
    began = at;
    return line({ version: 2, width, height, timestamp: Math.floor(at / 1000), title });
  };
  for await (const item of items) {
    const at = item.kind === 'data' ? item.at : item.marker.at;
    if (began === null) yield header(at);
    if (item.kind === 'mark') {
      const { kind, text } = item.marker;
      yield line([seconds(at), 'm', `${kind}: ${text}`]);
      continue;
    }
    // A character may be split over packets.
    const text = decoder.write(item.bytes);
    if (text !== '') yield line([seconds(at), 'o', text]);
  }
  const rest = decoder.end();
  if (began === null) yield header(0);
  if (rest !== '') yield line([last / 1000, 'o', rest]);
}
