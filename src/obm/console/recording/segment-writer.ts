/** Writes what a console wrote into segments, one after the other. */

import { mkdir, rm } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import type { Time } from '../../time.ts';
import type { OpenFiles } from './open-files.ts';
import { encodeBlock, encodeHeader, encodeMarker } from './segment-index.ts';
import { removeSegment, segmentAt } from './segment.ts';
import type { Segment } from './segment.ts';
import type { RecordingSettings } from './settings.ts';
import { crcOf } from './waiting.ts';
import type { WaitingItem } from './waiting.ts';

interface WriterOptions {
  readonly folder: string;
  /** Those that are there, oldest first. */
  readonly segments: readonly Segment[];
  readonly files: OpenFiles;
  readonly settings: RecordingSettings;
  readonly time: Time;
}

interface Batch {
  readonly log: Buffer[];
  readonly index: Buffer[];
  logBytes: number;
  indexBytes: number;
}

/** Segments of a machine, however small they are. */
export const segmentsMax = 256;

const emptyBatch = (): Batch => ({ log: [], index: [], logBytes: 0, indexBytes: 0 });

const positionOf = (item: WaitingItem): number =>
  item.kind === 'block' ? item.position : item.marker.position;

export class SegmentWriter {
  readonly #options: WriterOptions;
  readonly #segments: Segment[];
  #next: number;
  /** What is written now; null: the next item begins one. */
  #current: Segment | null = null;

  constructor(options: WriterOptions) {
    this.#options = options;
    this.#segments = [...options.segments];
    this.#next = (options.segments.at(-1)?.number ?? 0) + 1;
  }

  /** Those with something in them that lasts, oldest first. */
  get segments(): readonly Segment[] {
    return this.#segments;
  }

  /** Position behind the last byte that is there. */
  get end(): number {
    const last = this.#segments.at(-1);
    return last === undefined ? 0 : last.start + last.logBytes;
  }

  /** Bytes of all files. */
  get bytes(): number {
    return this.#segments.reduce((sum, { logBytes, indexBytes }) => sum + logBytes + indexBytes, 0);
  }

  /**
   * Writes items. Where it fails, those before are there and the others are not; what comes next
   * begins a segment.
   *
   * @throws what the file system failed with
   */
  async write(items: readonly WaitingItem[]): Promise<void> {
    let batch = emptyBatch();
    try {
      for (const item of items) {
        if (this.#current !== null && this.#isFull(this.#current, batch)) {
          await this.#commit(this.#current, batch);
          batch = emptyBatch();
          await this.#end();
        }
        this.#current ??= await this.#begin(positionOf(item), batch);
        add(batch, item, this.#current.start);
      }
      if (this.#current !== null) await this.#commit(this.#current, batch);
    } catch (error) {
      await this.#undo();
      throw error;
    }
  }

  /** Removes the oldest segments until a limit holds; never the one that is written. */
  async removeOldest(isTooMuch: (oldest: Segment) => boolean): Promise<void> {
    for (;;) {
      const oldest = this.#segments[0];
      if (oldest === undefined || oldest === this.#current || !isTooMuch(oldest)) return;
      this.#segments.shift();
      await removeSegment(oldest);
    }
  }

  async close(): Promise<void> {
    await this.#end();
  }

  #isFull(segment: Segment, batch: Batch): boolean {
    const { settings, time } = this.#options;
    const bytes = segment.logBytes + segment.indexBytes + batch.logBytes + batch.indexBytes;
    return bytes >= settings.segmentBytes || time.now() - segment.began >= settings.segmentMs;
  }

  async #begin(position: number, batch: Batch): Promise<Segment> {
    const { folder, time, settings } = this.#options;
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await this.removeOldest(
      () => this.bytes > settings.keepBytes || this.#segments.length >= segmentsMax,
    );
    const header = encodeHeader(position);
    batch.index.push(header);
    batch.indexBytes += header.length;
    return segmentAt(folder, this.#next++, position, time.now());
  }

  /** First the bytes, then what is known of them: so what is known is always there. */
  async #commit(segment: Segment, batch: Batch): Promise<void> {
    const { files, time } = this.#options;
    if (batch.logBytes > 0 || segment.indexBytes === 0)
      await files.use(segment.log, (file) => writeAt(file, batch.log, segment.logBytes));
    await files.use(segment.index, (file) => writeAt(file, batch.index, segment.indexBytes));
    if (segment.indexBytes === 0) this.#segments.push(segment);
    segment.logBytes += batch.logBytes;
    segment.indexBytes += batch.indexBytes;
    segment.written = time.now();
  }

  async #end(): Promise<void> {
    const { files } = this.#options;
    const current = this.#current;
    this.#current = null;
    if (current === null) return;
    await files.close(current.log);
    await files.close(current.index);
  }

  /** Takes back what is beyond what was written whole. Room is given back by that too. */
  async #undo(): Promise<void> {
    const segment = this.#current;
    await this.#end();
    if (segment === null) return;
    const { log, index, logBytes, indexBytes } = segment;
    const { files } = this.#options;
    const isNew = indexBytes === 0;
    for (const [path, bytes] of [
      [log, logBytes],
      [index, indexBytes],
    ] as const) {
      // What cannot be taken back now is found by the repair at the next start.
      const undone = isNew
        ? rm(path, { force: true })
        : files.use(path, (file) => file.truncate(bytes)).then(() => files.close(path));
      await undone.catch(() => undefined);
    }
  }
}

const add = (batch: Batch, item: WaitingItem, start: number): void => {
  if (item.kind === 'block') {
    const { at, position, length, pieces } = item;
    batch.log.push(...pieces);
    batch.logBytes += length;
    batch.index.push(encodeBlock({ at, offset: position - start, length, crc: crcOf(pieces) }));
  } else batch.index.push(encodeMarker(item.marker, start));
  batch.indexBytes += batch.index.at(-1)?.length ?? 0;
};

const writeAt = async (file: FileHandle, parts: Buffer[], position: number): Promise<void> => {
  const bytes = Buffer.concat(parts);
  for (let done = 0; done < bytes.length;) {
    const { bytesWritten } = await file.write(bytes, done, bytes.length - done, position + done);
    done += bytesWritten;
  }
};
