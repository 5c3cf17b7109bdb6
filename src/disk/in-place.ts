/**
 * Whether files are where they were opened. What is written to a file that was removed, or whose
 * folder was moved, is there as long as this process is, and nobody finds it afterwards.
 */

import { accessSync, constants, lstatSync } from 'node:fs';

interface Place {
  readonly path: string;
  readonly device: bigint;
  readonly inode: bigint;
  /** It never becomes shorter. */
  readonly grows: boolean;
  size: bigint;
  /** What was cut off is gone, however long the file becomes again. */
  isCut: boolean;
}

export class InPlace {
  readonly #folder: string;
  readonly #places: readonly Place[];

  /**
   * Remembers files by device and inode; as long as they are open nothing else can have those.
   *
   * @param folder in which new files must be possible
   * @param paths files and folders that are there; the folder is one of them by itself
   * @param growing those of them that never become shorter
   * @throws what the file system failed with
   */
  constructor(folder: string, paths: readonly string[], growing: readonly string[] = []) {
    this.#folder = folder;
    this.#places = [folder, ...paths].map((path) => {
      const { dev, ino, size } = lstatSync(path, { bigint: true });
      return { path, device: dev, inode: ino, grows: growing.includes(path), size, isCut: false };
    });
  }

  /** What is not where it was, in words; undefined where all is. */
  displaced(): string | undefined {
    for (const place of this.#places) {
      const found = displacement(place);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  /** The same, and whether new files can be made. */
  trouble(): string | undefined {
    return this.displaced() ?? closedTo(this.#folder);
  }
}

function displacement(place: Place): string | undefined {
  const { path } = place;
  try {
    const stat = lstatSync(path, { bigint: true, throwIfNoEntry: false });
    if (stat === undefined) return `${path} was removed or renamed`;
    if (stat.isSymbolicLink()) return `${path} was replaced by a symbolic link`;
    if (stat.dev !== place.device || stat.ino !== place.inode)
      return `${path} was replaced by another, or something was mounted over it`;
    place.isCut ||= place.grows && stat.size < place.size;
    place.size = stat.size;
    return place.isCut ? `${path} was cut` : undefined;
  } catch (error) {
    return `${path} cannot be reached: ${(error as Error).message}`;
  }
}

function closedTo(folder: string): string | undefined {
  try {
    accessSync(folder, constants.W_OK | constants.X_OK);
    return undefined;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    return code === 'EROFS'
      ? `${folder} is on a file system that is read-only now`
      : `nothing can be written to ${folder}: ${message}`;
  }
}
