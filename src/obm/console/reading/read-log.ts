/** Reads the log of a console: by position, by time, and on as it grows. */

import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { ObmError } from '../../errors.ts';
import type { Marker } from '../marker.ts';
import type { Recording } from '../recording/recording.ts';
import { decodeRecord, headerBytes } from '../recording/segment-index.ts';
import type { IndexRecord } from '../recording/segment-index.ts';
import type { Segment } from '../recording/segment.ts';
import { FileWindow } from './file-window.ts';
import type { Reader } from './readers.ts';

export interface LogRange {
  /** First position that is wanted, and the one behind the last; all unless said. */
  readonly from?: number | undefined;
  readonly to?: number | undefined;
  /** What came from then on, and before then, ms since the epoch. */
  readonly since?: number | undefined;
  readonly until?: number | undefined;
  /** Whether to wait for what comes later, up to `to`. */
  readonly follow?: boolean;
  /** Whether to show what was written under earlier owners too. */
  readonly ofAllOwners?: boolean;
}

export type LogItem =
  /** Bytes that came at a time, or within 100 ms after it. */
  | {
      readonly kind: 'data';
      readonly bytes: Buffer;
      readonly position: number;
      readonly at: number;
    }
  | { readonly kind: 'mark'; readonly marker: Marker };

interface OpenSegment {
  readonly segment: Segment;
  readonly log: FileWindow;
  readonly index: FileWindow;
  /** Place of the next record. */
  next: number;
  readonly close: () => Promise<void>;
}

/** Bytes that are read at a time. */
const windowBytes = 64 * 1024;

/**
 * What stands in a log, in its order, at the pace of whoever asks. Ends when the range has ended or
 * the reader's signal is aborted.
 *
 * @throws ObmError `limit` where too many read; `closed` where the owner has changed meanwhile, or
 *   the right to read has ended; as the disk does
 */
export async function* readLog(
  recording: Recording,
  range: LogRange,
  reader: Reader,
): AsyncGenerator<LogItem, void> {
  const { signal, revoked, leave } = recording.readers.enter(reader);
  try {
    yield* itemsIn(recording, range, signal);
    const reason = revoked();
    if (reason !== null) throw reason;
  } finally {
    leave();
  }
}

async function* itemsIn(
  recording: Recording,
  range: LogRange,
  signal: AbortSignal,
): AsyncGenerator<LogItem, void> {
  const { epoch, position } = recording.owned;
  const from = Math.max(range.from ?? 0, range.ofAllOwners === true ? 0 : position);
  const mustBeOwned = (): void => {
    if (range.ofAllOwners !== true && recording.owned.epoch !== epoch)
      throw new ObmError('closed', 'the machine has another owner now');
  };
  await recording.flush();
  let current: OpenSegment | null = null;
  try {
    let seen = recording.growth;
    let segment = first(recording, from, range.since);
    while (segment === undefined && range.follow === true && !recording.isClosed) {
      await recording.grown(seen, signal);
      if (signal.aborted) return;
      seen = recording.growth;
      segment = first(recording, from, range.since);
    }
    if (segment !== undefined && range.from !== undefined && segment.start > from)
      yield removed(segment);
    while (segment !== undefined && !signal.aborted) {
      current = await openSegment(segment);
      for (;;) {
        // Asked first: when there is a newer one, this one is complete.
        const newer = after(recording, segment);
        seen = recording.growth;
        const record: IndexRecord | null = current && (await nextRecord(current));
        if (signal.aborted) return;
        mustBeOwned();
        if (record !== null && current !== null) {
          if (isBeyond(record, current, range)) return;
          const item = await itemOf(record, current, { ...range, from });
          mustBeOwned();
          if (signal.aborted) return;
          if (item !== null) yield item;
        } else if (newer !== undefined) {
          if (isRemovedBetween(recording, segment, newer)) yield removed(newer);
          await current?.close();
          current = null;
          segment = newer;
          break;
        } else {
          if (range.follow !== true || recording.isClosed) {
            yield* notKept(recording, range);
            return;
          }
          await recording.grown(seen, signal);
          if (signal.aborted) return;
        }
      }
    }
  } finally {
    await current?.close();
  }
}

/** The first segment that reaches to a position and to a time. */
const first = ({ segments }: Recording, from: number, since = -Infinity): Segment | undefined =>
  segments.find(({ start, logBytes, written }) => start + logBytes >= from && written >= since);

const after = (recording: Recording, { number }: Segment): Segment | undefined =>
  recording.segments.find((other) => other.number > number);

/** Numbers may also be left out by segments that could not be begun; the oldest are removed first. */
const isRemovedBetween = ({ segments }: Recording, segment: Segment, newer: Segment): boolean =>
  newer.number > segment.number + 1 && !segments.includes(segment);

const removed = ({ start, began }: Segment): LogItem => ({
  kind: 'mark',
  marker: { kind: 'gap', at: began, position: start, text: 'what was before has been removed' },
});

/** What comes is not kept just now: whoever reads to the end is told, and takes silence for none. */
function* notKept(recording: Recording, { to, until = Infinity }: LogRange): Generator<LogItem> {
  const { notKeptSince, end } = recording;
  if (notKeptSince === null || to !== undefined || notKeptSince >= until) return;
  const text = `not kept since ${new Date(notKeptSince).toISOString()}`;
  yield { kind: 'mark', marker: { kind: 'not-kept', at: notKeptSince, position: end, text } };
}

/** Null where it has been removed meanwhile. */
const openSegment = async (segment: Segment): Promise<OpenSegment | null> => {
  const files: FileHandle[] = [];
  const close = async (): Promise<void> => {
    for (const file of files) await file.close();
  };
  try {
    for (const path of [segment.log, segment.index])
      files.push(await open(path, constants.O_RDONLY | constants.O_NOFOLLOW));
    const [log, index] = files.map((file) => new FileWindow(file, windowBytes));
    if (log === undefined || index === undefined) return null;
    return { segment, log, index, next: headerBytes, close };
  } catch (error) {
    await close();
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
};

const nextRecord = async (current: OpenSegment): Promise<IndexRecord | null> => {
  const { segment, index, next } = current;
  const bytes = await index.at(next, segment.indexBytes);
  const decoded = decodeRecord(bytes, 0, segment.start);
  if (decoded === null) return null;
  current.next += decoded.length;
  return decoded.record;
};

const isBeyond = (record: IndexRecord, { segment }: OpenSegment, { to }: LogRange): boolean => {
  if (to === undefined) return false;
  if (record.kind === 'marker') return record.marker.position > to;
  return segment.start + record.block.offset >= to;
};

/** What of a record is in the range; null where nothing is. */
const itemOf = async (
  record: IndexRecord,
  { segment, log }: OpenSegment,
  { from = 0, to = Infinity, since = -Infinity, until = Infinity }: LogRange,
): Promise<LogItem | null> => {
  const isInTime = (at: number): boolean => at >= since && at < until;
  if (record.kind === 'marker') {
    const { marker } = record;
    return isInTime(marker.at) && marker.position >= from ? { kind: 'mark', marker } : null;
  }
  const { at, offset, length } = record.block;
  if (!isInTime(at)) return null;
  const position = Math.max(from, segment.start + offset);
  const end = Math.min(to, segment.start + offset + length);
  if (position >= end) return null;
  const bytes = await log.read(position - segment.start, end - position);
  return { kind: 'data', bytes, position, at };
};
