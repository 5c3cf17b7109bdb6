/**
 * The files of a SQLite log: how they are made, owned and checked before anything is served from
 * them.
 */

import { closeSync, existsSync, openSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { hold, HeldElsewhereError } from '../../disk/held.ts';
import type { Held } from '../../disk/held.ts';
import { makeFolderSync, syncFileSync, syncFolderSync } from '../../disk/lasting-file.ts';
import { ownDirectorySync, ownFileSync } from '../../disk/modes.ts';
import type { Narrowed } from '../../disk/modes.ts';
import { logStart } from '../chain.ts';
import type { LogPosition } from '../chain.ts';
import { LogLockedError, LogUnavailableError } from '../log.ts';
import { corruptLog, logFailure } from './failure.ts';
import { readHeadFile } from './head-file.ts';
import { SqliteReader } from './reader.ts';

/** `Halc`, in the header of every log: no other program's database is taken for one. */
const applicationId = 0x48616c63;
const schemaVersion = 1;

/** Commits at the end of the log that are verified at every start. */
export const verifiedTail = 1000;

export interface LogFiles {
  readonly database: string;
  readonly writeAhead: string;
  readonly sharedMemory: string;
  readonly head: string;
  readonly lock: string;
}

export function logFiles(directory: string): LogFiles {
  const database = join(directory, 'log.db');
  return {
    database,
    writeAhead: `${database}-wal`,
    sharedMemory: `${database}-shm`,
    head: join(directory, 'head'),
    lock: join(directory, 'lock.db'),
  };
}

/** @throws {LogUnavailableError} nothing in the directory says that there is, or was, a log */
export function mustBeThere(directory: string, { database, writeAhead, head }: LogFiles): void {
  if (![database, writeAhead, head].some((path) => existsSync(path)))
    throw new LogUnavailableError(`there is no log in ${directory}; give the directory of one`);
}

/**
 * Takes the log for this process.
 *
 * @throws {LogLockedError} somebody has it
 */
export function holdLog(files: LogFiles): Held {
  try {
    return hold(files.lock);
  } catch (error) {
    if (error instanceof HeldElsewhereError) throw new LogLockedError(files.lock, error.pid);
    throw unusable(error, files.lock);
  }
}

/**
 * Makes an empty log where there is none. It is made under another name and renamed, so that a log
 * is either whole or not there.
 *
 * @throws {LogCorruptError} the database is gone and what is beside it says that there was one
 */
export function createLog(files: LogFiles): void {
  if (existsSync(files.database)) return;
  const recorded = readHeadFile(files.head);
  const writeAhead = statSync(files.writeAhead, { throwIfNoEntry: false })?.size ?? 0;
  if (writeAhead > 0 || (recorded !== undefined && recorded.revision > 0)) {
    throw corruptLog(files.database, 'it is missing, and the files beside it belong to a log');
  }
  const path = `${files.database}.new`;
  for (const suffix of ['', '-wal', '-shm', '-journal']) rmSync(path + suffix, { force: true });
  try {
    // SQLite would make it readable by others; what it makes beside it has the mode of it.
    closeSync(openSync(path, 'wx', 0o600));
    const database = new DatabaseSync(path);
    // It is synced when it is whole: nothing of it counts before.
    database.exec(`
      PRAGMA synchronous = OFF;
      PRAGMA application_id = ${applicationId};
      PRAGMA user_version = ${schemaVersion};
      CREATE TABLE commits (
        revision INTEGER PRIMARY KEY,
        at INTEGER NOT NULL,
        crc INTEGER NOT NULL,
        body TEXT NOT NULL
      ) STRICT;
      PRAGMA journal_mode = WAL;
    `);
    database.close();
    syncFileSync(path);
    renameSync(path, files.database);
    syncFolderSync(dirname(path));
  } catch (error) {
    throw logFailure(error, path);
  }
}

/** Makes the directory durably, and closes it and the files of the log to others. */
export function ownLog(directory: string, narrowed?: Narrowed): void {
  try {
    ownDirectorySync(directory, narrowed);
    const { database, writeAhead, sharedMemory, head } = logFiles(directory);
    for (const path of [database, writeAhead, sharedMemory, head]) ownFileSync(path, narrowed);
    makeFolderSync(directory, 0o700);
  } catch (error) {
    throw unusable(error, directory);
  }
}

/** What the disk's own code refuses is a log that cannot be used, too. */
function unusable(error: unknown, path: string): Error {
  const failure = logFailure(error, path);
  if (failure !== error) return failure;
  return new LogUnavailableError(failure.message, { cause: failure });
}

/**
 * Opens the log for reading and checks it: the last commits always, every commit where asked.
 * Changes nothing.
 *
 * @throws {LogCorruptError} anything is not as it was written
 * @throws {LogUnavailableError} another release's log, or no permission
 */
export function openVerified(
  files: LogFiles,
  verify: 'tail' | 'full',
): { reader: SqliteReader; end: LogPosition } {
  let reader: SqliteReader | undefined;
  try {
    checkKind(files.database);
    reader = new SqliteReader(files.database);
    return { reader, end: verifyCommits(reader, files, verify) };
  } catch (error) {
    reader?.close();
    throw logFailure(error, files.database);
  }
}

function checkKind(path: string): void {
  const database = new DatabaseSync(path, { readOnly: true });
  try {
    const { application_id: id } = database.prepare('PRAGMA application_id').get() ?? {};
    const { user_version: version } = database.prepare('PRAGMA user_version').get() ?? {};
    if (id !== applicationId) throw corruptLog(path, 'it is not a log of Halcyon');
    if (version !== schemaVersion) {
      throw new LogUnavailableError(
        `${path} has schema version ${String(version)}, this release reads ${schemaVersion}; nothing was changed`,
      );
    }
  } finally {
    database.close();
  }
}

function verifyCommits(
  reader: SqliteReader,
  files: LogFiles,
  verify: 'tail' | 'full',
): LogPosition {
  if (verify === 'full') {
    const result = reader.value('PRAGMA integrity_check(1)');
    if (result !== 'ok') throw corruptLog(reader.path, String(result));
  }
  const first = reader.value('SELECT min(revision) FROM commits');
  const last = reader.value('SELECT max(revision) FROM commits');
  let end = logStart;
  if (typeof first === 'number' && typeof last === 'number') {
    if (first !== 1) throw corruptLog(reader.path, `it begins at revision ${first}, not 1`);
    const from = verify === 'full' ? 0 : Math.max(0, last - verifiedTail);
    const commits = reader.commits(from, last);
    let step = commits.next();
    while (step.done !== true) step = commits.next();
    end = step.value;
  }
  checkAgainstHead(reader, files, end);
  return end;
}

function checkAgainstHead(reader: SqliteReader, files: LogFiles, end: LogPosition): void {
  const recorded = readHeadFile(files.head);
  if (recorded === undefined) return;
  const accept = `To go on without the lost commits, remove ${files.head}.`;
  if (end.revision < recorded.revision) {
    const found = `it ends at revision ${end.revision}, and ${recorded.revision} was written`;
    throw corruptLog(reader.path, found, undefined, accept);
  }
  const crc = reader.checksum(recorded.revision);
  if (crc !== recorded.crc) {
    const found =
      `at revision ${recorded.revision} its checksum is ${String(crc)}, ` +
      `and ${recorded.crc} was written`;
    throw corruptLog(reader.path, found, undefined, accept);
  }
}
