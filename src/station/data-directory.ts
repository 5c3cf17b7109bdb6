/**
 * The directory where a station keeps its key, its secrets and what is made of its log. One station
 * has it. Where the log is in it, the log sees to that; where the log is elsewhere, this does.
 */

import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { hold, HeldElsewhereError } from '../disk/held.ts';
import type { Held } from '../disk/held.ts';
import { InPlace } from '../disk/in-place.ts';
import { makeFolderSync } from '../disk/lasting-file.ts';
import { ownDirectorySync } from '../disk/modes.ts';
import type { Narrowed } from '../disk/modes.ts';
import type { EventLog } from '../log/log.ts';
import type { StationLogger } from './logger.ts';
import { StationUnavailableError } from './result.ts';

export interface DataDirectory {
  /** What of it is not as it was left, in words; the log looks after its own directory. */
  readonly trouble: () => string | undefined;
  /** Lets go of it. */
  readonly release: () => void;
}

/**
 * Takes a directory for this station, making it where it is not there, and closes it to others.
 *
 * @throws {StationUnavailableError} another station has it, or it cannot be this user's alone
 */
export function holdDataDirectory(
  directory: string,
  log: EventLog,
  told: { readonly logger: StationLogger; readonly narrowed: Narrowed },
): DataDirectory {
  const logDirectory = log.files?.directory;
  if (logDirectory !== undefined && isSame(logDirectory, directory))
    return { trouble: () => undefined, release: () => undefined };
  let held: Held | undefined;
  try {
    ownDirectorySync(directory, told.narrowed);
    makeFolderSync(directory, 0o700);
    const lock = join(directory, lockName);
    held = hold(lock);
    const inPlace = new InPlace(directory, [lock]);
    if (existsSync(join(directory, 'log.db')))
      told.logger.warn(
        { directory },
        'there is a log in the data directory as well; it is not used',
      );
    return { trouble: () => inPlace.trouble(), release: held.release };
  } catch (error) {
    held?.release();
    throw unavailable(error, directory);
  }
}

/** The name that a log in the directory holds as well, so that it is one station's in any case. */
const lockName = 'lock.db';

/** By whatever path each is named. */
function isSame(one: string, other: string): boolean {
  if (!existsSync(other)) return false;
  const [a, b] = [one, other].map((path) => statSync(path, { bigint: true }));
  return a!.dev === b!.dev && a!.ino === b!.ino;
}

function unavailable(error: unknown, directory: string): StationUnavailableError {
  if (!(error instanceof HeldElsewhereError))
    return new StationUnavailableError(
      `the data directory ${directory} cannot be used: ${(error as Error).message}`,
      { cause: error },
    );
  const holder = error.pid === null ? 'another process' : `another process (pid ${error.pid})`;
  return new StationUnavailableError(
    `${join(directory, lockName)} is in use: ${holder}, most likely a station, has this data ` +
      'directory; stop it, or use another directory',
    { cause: error },
  );
}
