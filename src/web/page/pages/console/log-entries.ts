/** The log of a console in pieces that are put together, and what happened to the machine put between its lines by time. */

/** A line that the machine wrote, or what happened beside it. Times in ms since the epoch, positions in bytes. */
export type LogEntry =
  | { readonly at: number; readonly position: number; readonly line: string }
  | {
      readonly at: number;
      readonly position: number;
      readonly mark: string;
      readonly text: string;
    };

/** What happened to the machine, as its history tells it. */
export interface LogEvent {
  readonly id: string;
  readonly at: number;
  readonly kind: string;
  readonly text: string;
}

export type LogRow =
  | { readonly kind: 'line'; readonly at: number; readonly text: string; readonly key: string }
  | { readonly kind: 'mark'; readonly at: number; readonly text: string; readonly key: string }
  | {
      readonly kind: 'event';
      readonly at: number;
      readonly text: string;
      readonly key: string;
      readonly of: string;
    };

/** Entries that are kept at once; what is beyond is let go at the other end. */
export const entriesMax = 20_000;

/** An entry of the daemon's answer; null: its last line, which is none. */
export const entryOf = (json: string): LogEntry | null => {
  const said = JSON.parse(json) as LogEntry | { readonly next: number };
  return 'next' in said ? null : said;
};

/** Marks that say who looked: of no interest to whoever reads. */
const quietMarks = new Set(['attached', 'left', 'writer']);

/**
 * What an answer holds that began anywhere: its first line may be the rest of one.
 *
 * @param isWhole whether it began where a line does
 */
export const wholeLines = (entries: readonly LogEntry[], isWhole: boolean): LogEntry[] => {
  const told = entries.filter((entry) => !('mark' in entry && quietMarks.has(entry.mark)));
  if (isWhole) return told;
  const first = told.findIndex((entry) => 'line' in entry);
  return told.filter((_, index) => index !== first);
};

/** What was before is put before: of what both have, what was there stays. */
export const withOlder = (
  older: readonly LogEntry[],
  entries: readonly LogEntry[],
): readonly LogEntry[] => {
  const first = entries[0]?.position ?? Infinity;
  const before = older.filter(({ position }) => position < first);
  return [...before, ...entries].slice(0, entriesMax);
};

/** What is after is put behind: the last line may have grown meanwhile. */
export const withNewer = (
  entries: readonly LogEntry[],
  newer: readonly LogEntry[],
): readonly LogEntry[] => {
  const first = newer[0]?.position ?? Infinity;
  const kept = entries.filter(({ position }) => position < first);
  return [...kept, ...newer].slice(-entriesMax);
};

/** Lines stay in their order, although a clock may have been set back; each event stands before the first that is later. */
export const rowsOf = (
  entries: readonly LogEntry[],
  events: readonly LogEvent[],
): readonly LogRow[] => {
  const rows: LogRow[] = [];
  const waiting = events.toSorted((a, b) => a.at - b.at);
  let next = 0;
  const eventsUntil = (at: number): void => {
    for (let event = waiting[next]; event && event.at < at; event = waiting[++next]) {
      const { id, kind, text } = event;
      rows.push({ kind: 'event', at: event.at, text, key: `event ${id}`, of: kind });
    }
  };
  for (const [index, entry] of entries.entries()) {
    eventsUntil(entry.at);
    const { at, position } = entry;
    const key = `${position} ${index}`;
    if ('line' in entry) rows.push({ kind: 'line', at, text: entry.line, key });
    else rows.push({ kind: 'mark', at, text: `${entry.mark}: ${entry.text}`, key });
  }
  eventsUntil(Infinity);
  return rows;
};

/** The row of an event before or after another row; -1: there is none. */
export const eventRow = (rows: readonly LogRow[], from: number, step: 1 | -1): number => {
  for (let index = from + step; index >= 0 && index < rows.length; index += step)
    if (rows[index]!.kind === 'event') return index;
  return -1;
};

/** The first row that is not before a moment. */
export const rowAt = (rows: readonly LogRow[], at: number): number => {
  const index = rows.findIndex((row) => row.at >= at);
  return index < 0 ? rows.length - 1 : index;
};
