/** The station's own key: 32 random bytes in a file that only its user may read. */

import { randomBytes } from 'node:crypto';
import { chmodSync, closeSync, fsyncSync, openSync, readFileSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { StationUnavailableError } from './result.ts';

const length = 32;

/**
 * Reads `station.key` of a data directory, making it on the first start.
 *
 * @throws {StationUnavailableError} the file is readable by others, or damaged
 */
export const stationKey = (directory: string): Buffer => {
  const path = join(directory, 'station.key');
  try {
    const key = readFileSync(path);
    if (key.length !== length)
      throw new StationUnavailableError(`${path} is damaged: it has ${key.length} bytes, not ${length}`);
    if ((statSync(path).mode & 0o077) !== 0)
      throw new StationUnavailableError(`${path} is readable by others; run: chmod 600 ${path}`);
    return key;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  const key = randomBytes(length);
  const file = openSync(path, 'wx', 0o600);
  writeSync(file, key);
  fsyncSync(file);
  closeSync(file);
  chmodSync(path, 0o600);
  return key;
};
