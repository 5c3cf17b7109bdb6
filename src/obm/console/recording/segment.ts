/** A stretch of a console's log: a file of bytes as they came, and one that is its index. */

import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';

export interface Segment {
  /** Counts the segments of a machine. */
  readonly number: number;
  /** Position of its first byte. */
  readonly start: number;
  /** Files of bytes and of index. */
  readonly log: string;
  readonly index: string;
  /** Bytes of either that are there for good: a reader reads no further. */
  logBytes: number;
  indexBytes: number;
  /** When it was begun and last written, ms since the epoch. */
  readonly began: number;
  written: number;
}

const digits = { number: 8, position: 14 };
const pattern = /^(\d{8,})-([0-9a-f]{14})\.log$/;

export const segmentAt = (
  folder: string,
  number: number,
  start: number,
  began: number,
): Segment => {
  const name = `${String(number).padStart(digits.number, '0')}-${start
    .toString(16)
    .padStart(digits.position, '0')}`;
  const [log, index] = [join(folder, `${name}.log`), join(folder, `${name}.index`)];
  return { number, start, log, index, logBytes: 0, indexBytes: 0, began, written: began };
};

const sizeOf = async (path: string): Promise<{ size: number; mtimeMs: number }> => {
  try {
    return await stat(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { size: 0, mtimeMs: 0 };
    throw error;
  }
};

const namesIn = async (folder: string): Promise<string[]> => {
  try {
    return await readdir(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
};

/** The segments in a folder, oldest first; none where it is not there. */
export const listSegments = async (folder: string): Promise<Segment[]> => {
  const found: Segment[] = [];
  for (const name of await namesIn(folder)) {
    const [, number, start] = pattern.exec(name) ?? [];
    if (number === undefined || start === undefined) continue;
    const log = await sizeOf(join(folder, name));
    const segment = segmentAt(folder, Number(number), parseInt(start, 16), log.mtimeMs);
    segment.logBytes = log.size;
    segment.indexBytes = (await sizeOf(segment.index)).size;
    found.push(segment);
  }
  return found.sort((one, other) => one.number - other.number);
};

export const removeSegment = async ({ log, index }: Segment): Promise<void> => {
  await rm(log, { force: true });
  await rm(index, { force: true });
};

/**
 * Removes what was left where somebody was killed: an index whose bytes are gone already, and the draft of one. As no
 * segments they would count for nothing, and stay.
 */
export const removeLeft = async (folder: string): Promise<void> => {
  const names = await namesIn(folder);
  for (const name of names) {
    const [, stem, isDraft] = /^(\d{8,}-[0-9a-f]{14})\.index(\.new)?$/.exec(name) ?? [];
    if (stem === undefined) continue;
    if (isDraft !== undefined || !names.includes(`${stem}.log`))
      await rm(join(folder, name), { force: true });
  }
};
