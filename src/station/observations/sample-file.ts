/**
 * Samples in a file: a mark, a record for each machine and check, and at the end how many there are and the checksum
 * of all before it. Numbers are little-endian. A file that is not whole is none.
 */

import { createReadStream } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { crc32 } from 'node:zlib';
import { samplesKept } from '../../core/values/samples.ts';
import { replaceFile } from '../../disk/lasting-file.ts';
import { openRegularSync } from '../../disk/regular-file.ts';

/** The samples of a machine by a check. */
export interface SampleSeries {
  readonly machine: string;
  readonly check: string;
  /** Number of its last stretch of time since the epoch. */
  readonly last: number;
  /** A ring: see `Samples`. */
  readonly values: Float32Array;
}

const mark = Buffer.from('HalSamp1');
/** Lengths of both names, and the last stretch. */
const headBytes = 8;
const valueBytes = samplesKept * 4;
const pieceBytes = 1024 * 1024;

const recordOf = ({ machine, check, last, values }: SampleSeries): Buffer => {
  const names = [Buffer.from(machine), Buffer.from(check)] as const;
  const head = Buffer.alloc(headBytes);
  head.writeUInt16LE(names[0].length, 0);
  head.writeUInt16LE(names[1].length, 2);
  head.writeUInt32LE(last, 4);
  const numbers = Buffer.alloc(valueBytes);
  for (let i = 0; i < samplesKept; i += 1) numbers.writeFloatLE(values[i]!, i * 4);
  return Buffer.concat([head, ...names, numbers]);
};

const endOf = (count: number, crc: number): Buffer => {
  const end = Buffer.alloc(headBytes + 4);
  end.writeUInt32LE(count, 4);
  end.writeUInt32LE(crc, headBytes);
  return end;
};

/**
 * Writes them piece by piece, others have their turns between.
 *
 * @throws what the file system failed with; the file is as it was
 */
export const writeSamples = (path: string, all: Iterable<SampleSeries>): Promise<void> =>
  replaceFile(path, async (file: FileHandle) => {
    let [pending, length, count, crc] = [[mark] as Buffer[], mark.length, 0, 0];
    const flush = async (): Promise<void> => {
      const piece = Buffer.concat(pending);
      crc = crc32(piece, crc);
      await file.writeFile(piece);
      [pending, length] = [[], 0];
    };
    for (const series of all) {
      const record = recordOf(series);
      pending.push(record);
      length += record.length;
      count += 1;
      if (length >= pieceBytes) await flush();
    }
    await flush();
    await file.writeFile(endOf(count, crc));
  });

/**
 * Reads them, in pieces; what is given may be kept.
 *
 * @throws {Error} it is no such file, or not whole; nothing was given then. Or what the file system failed with
 */
export const readSamples = async (
  path: string,
  take: (series: SampleSeries) => void,
): Promise<void> => {
  await checkFile(path);
  let rest: Buffer = Buffer.alloc(0);
  let isBegun = false;
  for await (const piece of piecesOf(path)) {
    rest = Buffer.concat([rest, piece]);
    let at = isBegun ? 0 : mark.length;
    isBegun = true;
    for (let next = recordEnd(rest, at); next !== undefined; next = recordEnd(rest, at)) {
      take(seriesIn(rest.subarray(at, next)));
      at = next;
    }
    rest = rest.subarray(at);
  }
};

const piecesOf = (path: string): AsyncIterable<Buffer> =>
  createReadStream(path, { fd: openRegularSync(path), highWaterMark: pieceBytes });

/** Where the record ends that begins at a place; undefined: it is not there yet, or it is the end. */
const recordEnd = (bytes: Buffer, at: number): number | undefined => {
  if (bytes.length < at + headBytes) return undefined;
  const names = bytes.readUInt16LE(at) + bytes.readUInt16LE(at + 2);
  const end = at + headBytes + names + valueBytes;
  return names === 0 || end > bytes.length ? undefined : end;
};

const seriesIn = (record: Buffer): SampleSeries => {
  const machineEnd = headBytes + record.readUInt16LE(0);
  const checkEnd = machineEnd + record.readUInt16LE(2);
  const values = new Float32Array(samplesKept);
  for (let i = 0; i < samplesKept; i += 1) values[i] = record.readFloatLE(checkEnd + i * 4);
  return {
    machine: record.toString('utf8', headBytes, machineEnd),
    check: record.toString('utf8', machineEnd, checkEnd),
    last: record.readUInt32LE(4),
    values,
  };
};

const checkFile = async (path: string): Promise<void> => {
  let [crc, end, isFirst] = [0, Buffer.alloc(0) as Buffer, true];
  for await (const piece of piecesOf(path)) {
    if (isFirst && !piece.subarray(0, mark.length).equals(mark))
      throw new Error(`${path} holds no samples of this version`);
    isFirst = false;
    const all = Buffer.concat([end, piece]);
    const known = Math.max(0, all.length - headBytes - 4);
    crc = crc32(all.subarray(0, known), crc);
    end = all.subarray(known);
  }
  if (
    end.length < headBytes + 4 ||
    end.readUInt32LE(0) !== 0 ||
    end.readUInt32LE(headBytes) !== crc
  )
    throw new Error(`${path} is not whole`);
};
