/** The log of a console as text, as lines of JSON, or as a recording that plays. */

import { asciicast } from '../console/reading/asciicast.ts';
import { inert, withoutSequences } from '../../terminal/inert.ts';
import { linesOf } from '../console/reading/lines.ts';
import type { LogLine } from '../console/reading/lines.ts';
import type { LogItem } from '../console/reading/read-log.ts';

export const logFormats = ['text', 'json', 'asciicast'] as const;
export type LogFormat = (typeof logFormats)[number];

export interface LogWish {
  readonly format: LogFormat;
  readonly label: string;
  /** Lines with this text only, and no markers; null: all. */
  readonly grep: string | null;
  readonly ignoreCase: boolean;
  /** Lines and markers, at most. */
  readonly limit: number;
  /** Bytes that are looked at, at most. */
  readonly bytesMax: number;
}

export const logTypes: Record<LogFormat, string> = {
  text: 'text/plain; charset=utf-8',
  json: 'application/x-ndjson; charset=utf-8',
  asciicast: 'application/x-asciicast; charset=utf-8',
};

/** Where to read on, and whether there may be something now. */
interface Rest {
  next: number;
  isMore: boolean;
}

/** Pieces of text. Whatever a machine wrote, text and JSON hold nothing that a terminal acts on. */
export async function* logText(
  items: AsyncIterable<LogItem>,
  wish: LogWish,
  from: number,
): AsyncGenerator<string, void> {
  const rest: Rest = { next: from, isMore: false };
  const looked = bounded(items, wish.bytesMax, rest);
  if (wish.format === 'asciicast') {
    yield* asciicast(looked, { title: wish.label });
    return;
  }
  let count = 0;
  for await (const line of linesOf(looked)) {
    const shown = shownOf(line, wish);
    if (shown === null) continue;
    if (count >= wish.limit) {
      rest.next = positionOf(line);
      rest.isMore = true;
      break;
    }
    count += 1;
    yield shown;
  }
  yield endOf(rest, wish.format);
}

async function* bounded(
  items: AsyncIterable<LogItem>,
  bytesMax: number,
  rest: Rest,
): AsyncGenerator<LogItem, void> {
  let bytes = 0;
  for await (const item of items) {
    yield item;
    if (item.kind === 'mark') continue;
    bytes += item.bytes.length;
    rest.next = item.position + item.bytes.length;
    rest.isMore = bytes >= bytesMax;
    if (rest.isMore) return;
  }
}

const shownOf = (line: LogLine, { format, grep, ignoreCase }: LogWish): string | null => {
  if (line.kind === 'mark') {
    if (grep !== null) return null;
    const { kind, at, position, text } = line.marker;
    if (format === 'json') return `${JSON.stringify({ at, position, mark: kind, text })}\n`;
    return `${timeOf(at)} -- ${kind}: ${text}\n`;
  }
  const seen = withoutSequences(line.text);
  const [where, what] = ignoreCase ? [seen.toLowerCase(), grep?.toLowerCase()] : [seen, grep];
  if (what !== undefined && what !== null && !where.includes(what)) return null;
  const text = inert(seen);
  const { at, position } = line;
  return format === 'json'
    ? `${JSON.stringify({ at, position, line: text })}\n`
    : `${timeOf(at)} ${text}\n`;
};

const endOf = ({ next, isMore }: Rest, format: LogFormat): string => {
  if (format === 'json') return `${JSON.stringify({ next, more: isMore })}\n`;
  return isMore ? `-- there is more: cursor=${next}\n` : '';
};

const positionOf = (line: LogLine): number =>
  line.kind === 'mark' ? line.marker.position : line.position;

const timeOf = (ms: number): string => new Date(ms).toISOString();
