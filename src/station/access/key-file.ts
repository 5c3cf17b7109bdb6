/** The station's own key, in its data directory. */

import { join } from 'node:path';
import { KeyFileError, keyOf, keyTrouble } from '../../disk/key-file.ts';
import { StationUnavailableError } from '../result.ts';
import { keysOf } from './keys.ts';
import type { KeyRing } from './keys.ts';

const pathIn = (directory: string): string => join(directory, 'station.key');

/**
 * Reads `station.key` of a data directory, making it on the first start.
 *
 * @param isNew whether the log is empty: with another key than that of the log neither the secrets
 *   nor the tokens of processes would be right
 * @throws {StationUnavailableError} the file is readable by others, damaged or lost
 */
export const stationKey = (directory: string, isNew: boolean): Buffer => {
  try {
    return keyOf(pathIn(directory), isNew, ', or copy that of another station of the cluster');
  } catch (error) {
    if (!(error instanceof KeyFileError)) throw error;
    throw new StationUnavailableError(error.message, { cause: error });
  }
};

/** The key of a data directory, as `stationKey` finds it. @throws as that does */
export const keyFile = (directory: string, isNew: boolean): KeyRing => {
  const key = stationKey(directory, isNew);
  return { ...keysOf(key), trouble: () => keyTrouble(pathIn(directory), key) };
};
