/** Files that hold text: UTF-8, or refused with the place where they are not. */

import { isUtf8 } from 'node:buffer';
import { readFile } from 'node:fs/promises';
import { Failure } from './exit-codes.ts';

const advice = 'Save the file as UTF-8.';

/** Where bytes stop being UTF-8: 1-based line, and bytes before the place in the file. */
const brokenAt = (bytes: Buffer): { readonly line: number; readonly offset: number } => {
  const again = Buffer.from(bytes.toString('utf8'));
  let offset = 0;
  while (offset < bytes.length && bytes[offset] === again[offset]) offset += 1;
  const line = bytes.subarray(0, offset).filter((byte) => byte === 0x0a).length + 1;
  return { line, offset };
};

const isUtf16 = ([first, second]: Buffer): boolean =>
  (first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff);

/**
 * The text of a file, as it stands there.
 *
 * @throws {Failure} `usage`: it cannot be read, or is no text in UTF-8
 */
export const readText = async (path: string): Promise<string> => {
  let bytes: Buffer;
  try {
    bytes = await readFile(path);
  } catch (error) {
    throw new Failure('usage', `cannot read the file: ${(error as Error).message}`);
  }
  if (isUtf8(bytes)) return bytes.toString('utf8');
  if (isUtf16(bytes)) throw new Failure('usage', `${path}:1:1: the file is in UTF-16`, advice);
  const { line, offset } = brokenAt(bytes);
  throw new Failure(
    'usage',
    `${path}:${line}: byte ${offset + 1} of the file is not UTF-8`,
    advice,
  );
};
