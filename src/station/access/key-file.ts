/** The station's own key: 32 random bytes in a file that only its user may read. */

import { randomBytes } from 'node:crypto';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { replaceFileSync, syncFolderSync } from '../../disk/lasting-file.ts';
import { readRegularSync } from '../../disk/regular-file.ts';
import { StationUnavailableError } from '../result.ts';
import { keysOf } from './keys.ts';
import type { KeyRing } from './keys.ts';

const length = 32;
/** Whatever is longer is not read. */
const keyBytesMax = 4096;
/** Errors of this process, which say nothing of the file. */
const unknown = new Set<unknown>(['EMFILE', 'ENFILE', 'ENOMEM']);

const pathIn = (directory: string): string => join(directory, 'station.key');

/**
 * Reads `station.key` of a data directory, making it on the first start.
 *
 * @param isNew whether the log is empty: a key that is missing where a log has content was lost,
 *   and with another one neither the secrets nor the tokens of processes would be right
 * @throws {StationUnavailableError} the file is readable by others, damaged or lost
 */
export const stationKey = (directory: string, isNew: boolean): Buffer => {
  const path = pathIn(directory);
  try {
    const key = readRegularSync(path, keyBytesMax);
    if (key.length !== length)
      throw new StationUnavailableError(
        `${path} is damaged: it has ${key.length} bytes, not ${length}`,
      );
    const { mode, uid } = statSync(path);
    if ((mode & 0o077) !== 0)
      throw new StationUnavailableError(`${path} is readable by others; run: chmod 600 ${path}`);
    // Whoever made it may have ended before its name lasted.
    syncFolderSync(directory);
    if (uid !== process.geteuid?.())
      throw new StationUnavailableError(
        `${path} is of the user ${uid}; run: chown ${process.geteuid?.()} ${path}`,
      );
    return key;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  if (!isNew)
    throw new StationUnavailableError(
      `${path} is missing, and the log was written with it; restore it from a backup`,
    );
  const key = randomBytes(length);
  replaceFileSync(path, key);
  return key;
};

/** The key of a data directory, as `stationKey` finds it. @throws as that does */
export const keyFile = (directory: string, isNew: boolean): KeyRing => {
  const key = stationKey(directory, isNew);
  const path = pathIn(directory);
  return {
    ...keysOf(key),
    trouble() {
      try {
        // One that was put back has another inode, and is as good.
        const found = readRegularSync(path, keyBytesMax);
        return found.equals(key) ? undefined : `${path} is another key`;
      } catch (error) {
        const { code, message } = error as NodeJS.ErrnoException;
        if (unknown.has(code)) throw error;
        return code === 'ENOENT'
          ? `${path} was removed or renamed`
          : `${path} cannot be read: ${message}`;
      }
    },
  };
};
