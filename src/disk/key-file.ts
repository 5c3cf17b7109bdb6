/** A key of 32 random bytes in a file that only its user may read. */

import { randomBytes } from 'node:crypto';
import { statSync } from 'node:fs';
import { dirname } from 'node:path';
import { replaceFileSync, syncFolderSync } from './lasting-file.ts';
import { readRegularSync } from './regular-file.ts';

const length = 32;
/** Whatever is longer is not read. */
const keyBytesMax = 4096;
/** Errors of this process, which say nothing of the file. */
const unknown = new Set<unknown>(['EMFILE', 'ENFILE', 'ENOMEM']);

/** The key cannot be used; the message says what to do. */
export class KeyFileError extends Error {
  override readonly name = 'KeyFileError';
}

/**
 * Reads a key, making it the first time.
 *
 * @param isNew whether nothing has been written with it yet: a key that is missing beside what was
 *   written with it was lost, and another one would open nothing of it
 * @param elsewhere where else it may be, for people
 * @throws {KeyFileError} the file is readable by others, another user's, damaged or lost
 */
export const keyOf = (path: string, isNew: boolean, elsewhere = ''): Buffer => {
  try {
    return present(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  if (!isNew)
    throw new KeyFileError(
      `${path} is missing, and the log was written with it; restore it from a backup${elsewhere}`,
    );
  const key = randomBytes(length);
  replaceFileSync(path, key);
  return key;
};

const present = (path: string): Buffer => {
  const key = readRegularSync(path, keyBytesMax);
  if (key.length !== length)
    throw new KeyFileError(`${path} is damaged: it has ${key.length} bytes, not ${length}`);
  const { mode, uid } = statSync(path);
  if ((mode & 0o077) !== 0)
    throw new KeyFileError(`${path} is readable by others; run: chmod 600 ${path}`);
  // Whoever made it may have ended before its name lasted.
  syncFolderSync(dirname(path));
  const user = process.geteuid?.();
  if (uid !== user)
    throw new KeyFileError(`${path} is of the user ${uid}; run: chown ${user} ${path}`);
  return key;
};

/**
 * What is not as it was when the key was read, in words; it is looked at now.
 *
 * @throws it could not be looked at, which says nothing of the key
 */
export const keyTrouble = (path: string, key: Buffer): string | undefined => {
  try {
    // One that was put back has another inode, and is as good.
    return readRegularSync(path, keyBytesMax).equals(key) ? undefined : `${path} is another key`;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (unknown.has(code)) throw error;
    return code === 'ENOENT'
      ? `${path} was removed or renamed`
      : `${path} cannot be read: ${message}`;
  }
};
