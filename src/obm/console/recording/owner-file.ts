/** Where the log of the present owner begins, and where the present run did. */

import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

export interface Owner {
  readonly epoch: number;
  /** Of the first byte that is his. */
  readonly position: number;
  /** The first position that this run has given out, whether or not any of it is on the disk yet. */
  readonly origin: number;
}

const pathIn = (folder: string): string => join(folder, 'owner.json');

/** Null where the file does not say it, whatever the cause. */
export const readOwner = async (folder: string): Promise<Owner | null> => {
  try {
    const text = await readFile(pathIn(folder), 'utf8');
    const { epoch, position, origin } = JSON.parse(text) as Owner;
    const isSound = [epoch, position, origin].every(Number.isSafeInteger);
    return isSound ? { epoch, position, origin } : null;
  } catch {
    return null;
  }
};

/**
 * It is not synced: one that a power cut loses is of another epoch, or none, and then nothing older
 * than the next start is shown: what is not known for sure begins then.
 */
export const writeOwner = async (folder: string, owner: Owner): Promise<void> => {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const draft = `${pathIn(folder)}.new`;
  await writeFile(draft, JSON.stringify(owner), { mode: 0o600 });
  await rename(draft, pathIn(folder));
};
