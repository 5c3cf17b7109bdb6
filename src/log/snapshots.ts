/**
 * Snapshots of what was projected from the log, in files: they shorten the start and are never
 * needed for correctness.
 *
 * A file is lines of text: a header, the lines of the caller, a footer with their number and the
 * checksum of everything before it. It is written beside its place and renamed, so that a crash
 * leaves a whole one or none.
 */

import { closeSync, fstatSync, readdirSync, readSync, rmSync } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import type { Revision } from '../core/values/revision.ts';
import { makeFolderSync, replaceFile } from '../disk/lasting-file.ts';
import { openRegularSync } from '../disk/regular-file.ts';

const format = 1;
const suffix = '.snapshot';
const temporary = '.tmp';
const ofSnapshot = /^\d+\.snapshot$/;
/** What a save has written so far, or an interrupted one has left. */
const ofSave = /^\d+\.snapshot\.tmp$/;
/** Bytes written or read at a time. */
const pieceBytes = 1024 * 1024;
/** A header or footer is shorter than this. */
const edgeBytes = 4096;
/** A line is shorter than this; a commit, of which it may hold a part, is not longer. */
const lineBytesMax = 64 * 1024 * 1024;

/** What a snapshot is of. */
export interface SnapshotAbout {
  /** The last commit it contains. */
  readonly revision: Revision;
  /**
   * The log's checksum at that revision, where its driver keeps one: it ties the snapshot to its
   * log.
   */
  readonly crc?: number;
  /** Digest of the projected state, to be compared once it is loaded. */
  readonly digest: string;
  /** Version of the rules and of the projection that made it. */
  readonly rules: string;
}

export interface SnapshotFile {
  readonly path: string;
  readonly bytes: number;
  readonly about: SnapshotAbout;
}

/**
 * The file is no whole snapshot of this format; the caller discards it and takes an older one or
 * replays.
 */
export class SnapshotInvalidError extends Error {
  readonly code = 'snapshot-invalid';
  constructor(path: string, found: string) {
    super(`${path} is not a usable snapshot: ${found}`);
    this.name = 'SnapshotInvalidError';
  }
}

/**
 * Writes `<directory>/<revision>.snapshot`, replacing one of the same revision. Lines are taken as
 * fast as the disk accepts them; in between, other work of this process runs, so they must come
 * from a state that does not change.
 *
 * @param lines without line breaks
 * @throws {RangeError} a line contains a line break
 */
export async function saveSnapshot(
  directory: string,
  about: SnapshotAbout,
  lines: Iterable<string> | AsyncIterable<string>,
): Promise<SnapshotFile> {
  makeFolderSync(directory, 0o700);
  const path = join(directory, `${about.revision}${suffix}`);
  const write = (file: FileHandle): Promise<number> => writeLines(file, about, lines);
  const bytes = await replaceFile(path, write, path + temporary);
  return { path, bytes, about };
}

async function writeLines(
  handle: FileHandle,
  about: SnapshotAbout,
  lines: Iterable<string> | AsyncIterable<string>,
): Promise<number> {
  let pending = JSON.stringify({ format, ...about }) + '\n';
  let count = 0;
  let crc = 0;
  let bytes = 0;
  const write = async (): Promise<void> => {
    const piece = Buffer.from(pending);
    pending = '';
    crc = crc32(piece, crc);
    bytes += piece.length;
    await handle.writeFile(piece);
  };
  const take = (line: string): void => {
    if (line.includes('\n')) throw new RangeError('a line of a snapshot contains a line break');
    pending += line + '\n';
    count += 1;
  };
  if (Symbol.iterator in lines) {
    // Not `for await`: a turn of the microtask queue for each of millions of lines is worth
    // avoiding.
    for (const line of lines) {
      take(line);
      if (pending.length >= pieceBytes) await write();
    }
  } else {
    for await (const line of lines) {
      take(line);
      if (pending.length >= pieceBytes) await write();
    }
  }
  await write();
  pending = JSON.stringify({ lines: count, crc }) + '\n';
  await write();
  return bytes;
}

/** Told of what is in a directory of snapshots and is not of use, and why. */
export type Unusable = (path: string, why: Error) => void;

/**
 * The snapshots of a directory whose header and footer can be read, newest first; none where there
 * is no directory, or it cannot be read. Never throws and never waits, whatever is there.
 */
export function listSnapshots(directory: string, unusable: Unusable = () => {}): SnapshotFile[] {
  const found: SnapshotFile[] = [];
  for (const name of fileNames(directory, unusable)) {
    const path = join(directory, name);
    if (ofSave.test(name)) continue;
    try {
      if (!ofSnapshot.test(name)) throw new SnapshotInvalidError(path, 'it has another name');
      const { about, bytes } = withFile(path, (descriptor) => readEdges(descriptor, path));
      if (`${about.revision}${suffix}` !== name)
        throw new SnapshotInvalidError(path, `it is of revision ${about.revision}`);
      found.push({ path, bytes, about });
    } catch (error) {
      unusable(path, error as Error);
    }
  }
  return found.sort((a, b) => b.about.revision - a.about.revision);
}

/**
 * The lines of a snapshot. The checksum is known only at the end: what is made of the lines counts
 * when the iteration has ended without an error, not before.
 *
 * @throws {SnapshotInvalidError} while iterating; or what the file system failed with
 */
export function* readSnapshot(path: string): Generator<string, void> {
  const descriptor = openRegularSync(path);
  try {
    const edges = readEdges(descriptor, path);
    const piece = Buffer.allocUnsafe(pieceBytes);
    let crc = 0;
    let count = 0;
    let rest: Buffer = Buffer.alloc(0);
    for (let position = 0; position < edges.footerStart;) {
      const wanted = Math.min(pieceBytes, edges.footerStart - position);
      const length = readSync(descriptor, piece, 0, wanted, position);
      if (length === 0) throw new SnapshotInvalidError(path, 'it became shorter');
      const read = piece.subarray(0, length);
      crc = crc32(read, crc);
      const from = position === 0 ? edges.headerEnd : 0;
      position += length;
      const end = read.lastIndexOf(10) + 1;
      if (end <= from) {
        rest = Buffer.concat([rest, read.subarray(from)]);
        if (rest.length > lineBytesMax) throw new SnapshotInvalidError(path, 'a line is too long');
        continue;
      }
      const whole = read.subarray(from, end - 1);
      const text = rest.length === 0 ? whole : Buffer.concat([rest, whole]);
      const lines = text.toString('utf8').split('\n');
      rest = Buffer.from(read.subarray(end));
      count += lines.length;
      yield* lines;
    }
    if (crc !== edges.crc) throw new SnapshotInvalidError(path, 'its checksum is wrong');
    if (count !== edges.lines) throw new SnapshotInvalidError(path, 'lines are missing');
  } finally {
    closeSync(descriptor);
  }
}

/**
 * Removes what saves have left that ended with their process: as much as a snapshot each. No save may be under way.
 *
 * @param unusable told of what cannot be removed
 */
export function removeUnfinished(directory: string, unusable: Unusable = () => {}): void {
  for (const name of fileNames(directory, unusable))
    if (ofSave.test(name)) remove(join(directory, name), unusable);
}

/**
 * Removes all snapshots but the newest `keep` usable ones. What cannot be read stays: nobody knows
 * what it is.
 *
 * @param unusable told of what cannot be removed
 * @returns the paths removed
 */
export function pruneSnapshots(
  directory: string,
  keep: number,
  unusable: Unusable = () => {},
): string[] {
  const stays = new Set<string>();
  const usable = listSnapshots(directory, (path, why) => {
    if (!(why instanceof SnapshotInvalidError)) stays.add(path);
  });
  for (const { path } of usable.slice(0, keep)) stays.add(path);
  const removed: string[] = [];
  for (const name of fileNames(directory, unusable)) {
    const path = join(directory, name);
    if (!ofSnapshot.test(name) || stays.has(path)) continue;
    if (remove(path, unusable)) removed.push(path);
  }
  return removed;
}

function remove(path: string, unusable: Unusable): boolean {
  try {
    rmSync(path, { force: true });
    return true;
  } catch (error) {
    unusable(path, error as Error);
    return false;
  }
}

function fileNames(directory: string, unusable: Unusable): string[] {
  try {
    return readdirSync(directory);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') unusable(directory, error as Error);
    return [];
  }
}

interface Edges {
  readonly about: SnapshotAbout;
  readonly bytes: number;
  /** Where the caller's lines begin and end. */
  readonly headerEnd: number;
  readonly footerStart: number;
  readonly lines: number;
  readonly crc: number;
}

function readEdges(descriptor: number, path: string): Edges {
  const bytes = fstatSync(descriptor).size;
  const head = readPiece(descriptor, 0, Math.min(edgeBytes, bytes));
  const tailStart = Math.max(0, bytes - edgeBytes);
  const tail = readPiece(descriptor, tailStart, bytes - tailStart);
  const headerEnd = head.indexOf(10) + 1;
  const footer = tail.lastIndexOf(10, -2) + 1;
  if (headerEnd === 0 || footer === 0 || tail.at(-1) !== 10) {
    throw new SnapshotInvalidError(path, 'it is cut off');
  }
  const about = parse(head.toString('utf8', 0, headerEnd));
  const { lines, crc } = parse(tail.toString('utf8', footer));
  if (about.format !== format) throw new SnapshotInvalidError(path, 'it has another format');
  if (typeof lines !== 'number' || typeof crc !== 'number') {
    throw new SnapshotInvalidError(path, 'it is cut off');
  }
  const footerStart = tailStart + footer;
  return { about: aboutOf(about, path), bytes, headerEnd, footerStart, lines, crc };
}

function aboutOf(header: Record<string, unknown>, path: string): SnapshotAbout {
  const { revision, crc, digest, rules } = header;
  if (
    !Number.isSafeInteger(revision) ||
    typeof digest !== 'string' ||
    typeof rules !== 'string' ||
    (crc !== undefined && typeof crc !== 'number')
  ) {
    throw new SnapshotInvalidError(path, 'its header is incomplete');
  }
  return { revision: revision as Revision, digest, rules, ...(crc !== undefined && { crc }) };
}

/** An empty object where the text is no JSON object. */
function parse(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

function readPiece(descriptor: number, position: number, length: number): Buffer {
  const piece = Buffer.alloc(length);
  return piece.subarray(0, readSync(descriptor, piece, 0, length, position));
}

function withFile<T>(path: string, use: (descriptor: number) => T): T {
  const descriptor = openRegularSync(path);
  try {
    return use(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
