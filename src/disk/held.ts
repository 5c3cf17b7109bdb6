/**
 * Holding something for this process alone, by a lock on a file.
 *
 * It is the kernel's record lock, taken by SQLite, because Node.js has no call for it. It ends with
 * the process, however that ends, so that nothing stale is left; no child inherits it; and it holds
 * wherever the file can be seen, whatever the namespaces of processes, mounts and networks are. A
 * socket of an abstract name would hold within one network namespace only, and any user could take
 * the name first; a pid in a file outlives its process and means another one in a container.
 */

import { closeSync, lstatSync, openSync, readFileSync, rmSync } from 'node:fs';
import type { Stats } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { ownFileSync } from './modes.ts';

/** Somebody else holds it. */
export class HeldElsewhereError extends Error {
  /** Of the holder; null where it cannot be known, as from another container. */
  readonly pid: number | null;

  constructor(path: string, pid: number | null) {
    super(`${path} is held by ${pid === null ? 'another process' : `process ${pid}`}`);
    this.name = 'HeldElsewhereError';
    this.pid = pid;
  }
}

export interface Held {
  /** Lets go of it. The file stays, because somebody may wait at it already. */
  readonly release: () => void;
  /** Removes the file, and lets go of it. */
  readonly remove: () => void;
}

/**
 * Holds a file, making it where it is not there. Never waits.
 *
 * @throws {HeldElsewhereError} somebody else does, in this process or another
 * @throws Error it is no file of this user's, or the file system failed
 */
export function hold(path: string): Held {
  for (;;) {
    create(path);
    const before = lstatSync(path);
    const database = lock(path, before);
    // Whoever held it may have removed it just before.
    if (isSame(before, lstatSync(path, { throwIfNoEntry: false })))
      return {
        release: () => database.close(),
        remove: () => {
          rmSync(path, { force: true });
          database.close();
        },
      };
    database.close();
  }
}

/** SQLite would make it readable by others. */
function create(path: string): void {
  ownFileSync(path);
  try {
    closeSync(openSync(path, 'wx', 0o600));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}

/** Primary result codes, https://sqlite.org/rescode.html */
const [busy, locked, notADatabase] = [5, 6, 26];

function lock(path: string, stat: Stats): DatabaseSync {
  const database = new DatabaseSync(path, { timeout: 0 });
  try {
    database.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE');
    return database;
  } catch (error) {
    database.close();
    const code = Number((error as { errcode?: number }).errcode) & 0xff;
    if (code === busy || code === locked) throw new HeldElsewhereError(path, holderOf(stat));
    if (code === notADatabase)
      throw new Error(`${path} should be empty and is not; remove it`, { cause: error });
    throw error;
  }
}

/** The kernel's list names who holds a lock, unless that is in another namespace of processes. */
function holderOf({ dev, ino }: Stats): number | null {
  const major = Math.floor(dev / 2 ** 8) & 0xfff;
  const minor = (dev & 0xff) | ((dev >>> 12) & 0xfff00);
  const place = [major, minor].map((number) => number.toString(16).padStart(2, '0')).join(':');
  let locks: string;
  try {
    locks = readFileSync('/proc/locks', 'latin1');
  } catch {
    return null;
  }
  const line = locks
    .split('\n')
    .find((line) => / POSIX .* WRITE /.test(line) && line.includes(` ${place}:${ino} `));
  const pid = Number(/ WRITE +(\d+) /.exec(line ?? '')?.[1]);
  return pid > 0 ? pid : null;
}

const isSame = (one: Stats, other: Stats | undefined): boolean =>
  one.dev === other?.dev && one.ino === other.ino;
