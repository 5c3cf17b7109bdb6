/**
 * Reading files that may be anything by now. Opening a FIFO waits for whoever writes to it, a
 * device may do anything, and a link leads elsewhere: none of them is taken for a file.
 */

import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs';

/**
 * Opens a regular file for reading, without ever waiting.
 *
 * @throws Error that says what is there instead, or what the file system failed with
 */
export function openRegularSync(path: string): number {
  const { O_RDONLY, O_NONBLOCK, O_NOFOLLOW } = constants;
  let file: number;
  try {
    file = openSync(path, O_RDONLY | O_NONBLOCK | O_NOFOLLOW);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ELOOP') throw new Error(`${path} is a symbolic link, not a file`);
    if (code === 'ENXIO') throw new Error(`${path} is not a file`);
    throw error;
  }
  try {
    const stat = fstatSync(file);
    if (!stat.isFile())
      throw new Error(
        `${path} is ${stat.isDirectory() ? 'a directory, not a file' : 'not a file'}`,
      );
    return file;
  } catch (error) {
    closeSync(file);
    throw error;
  }
}

/**
 * The content of a regular file.
 *
 * @param bytesMax a longer one is refused before it is read
 * @throws as `openRegularSync` does
 */
export function readRegularSync(path: string, bytesMax: number): Buffer {
  const file = openRegularSync(path);
  try {
    const { size } = fstatSync(file);
    if (size > bytesMax)
      throw new Error(`${path} has ${size} bytes; at most ${bytesMax} are expected there`);
    return readFileSync(file);
  } finally {
    closeSync(file);
  }
}
