/**
 * Files that last: after a power cut at any moment each holds its old content or its new one, whole,
 * and the new one once the call has returned.
 *
 * A file is written as a draft beside its place, synced, and then renamed or linked there. The name
 * is an entry of the folder, which has a sync of its own: without it a power cut undoes the rename,
 * although the content was synced.
 */

import {
  closeSync,
  fchmodSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';

/** Every file is its owner's alone, whatever the umask. */
const fileMode = 0o600;

/**
 * What a replaced file outlives. `process`: the death of this process, at any moment. After a power
 * cut it may be old, new, empty or torn; that is for files whose content no later boot needs.
 */
export type Outlives = 'power cut' | 'process';

/**
 * Replaces a file, mode 0600, or makes it. A draft that was left beside it is removed. Nobody else
 * may replace the same file at the same time.
 *
 * @throws what the file system failed with; unless it is the sync of the folder that failed, the
 *   file is as it was
 */
export function replaceFileSync(
  path: string,
  content: string | Buffer,
  outlives: Outlives = 'power cut',
): void {
  const draft = `${path}.new`;
  rmSync(draft, { force: true });
  try {
    writeDraft(draft, content, outlives);
    renameSync(draft, path);
  } catch (error) {
    rmSync(draft, { force: true });
    throw error;
  }
  if (outlives === 'power cut') syncFolderSync(dirname(path));
}

/**
 * The same without blocking this process; many files of one folder share the syncs of it.
 *
 * @param content the whole of it, or what writes it piece by piece
 * @param draft where it is written first, in the same folder
 * @returns what `content` gave
 */
export async function replaceFile<T = void>(
  path: string,
  content: string | ((file: FileHandle) => Promise<T>),
  draft = `${path}.new`,
): Promise<T> {
  await rm(draft, { force: true });
  let result: T;
  try {
    const file = await open(draft, 'wx', fileMode);
    try {
      fchmodSync(file.fd, fileMode);
      result = (await (typeof content === 'string' ? file.writeFile(content) : content(file))) as T;
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(draft, path);
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
  await syncFolder(dirname(path));
  return result;
}

/**
 * Removes a file that is replaced, and the draft that a writer who died in the midst of it has left: it may hold what
 * the file would have. A power cut may bring both back.
 *
 * @throws what the file system failed with; not where there is none
 */
export function removeFileSync(path: string): void {
  for (const name of [path, `${path}.new`]) rmSync(name, { force: true });
}

/**
 * Makes a file, mode 0600, where there is none; of several that do so at the same time, one does.
 *
 * @param draft where it is written first, in the same folder; nobody else's
 * @returns false where there is one already, which lasts too
 * @throws what the file system failed with
 */
export function createFileSync(path: string, content: string, draft: string): boolean {
  let isNew = true;
  try {
    writeDraft(draft, content, 'power cut');
    linkSync(draft, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    isNew = false;
  } finally {
    rmSync(draft, { force: true });
  }
  syncFolderSync(dirname(path));
  return isNew;
}

function writeDraft(draft: string, content: string | Buffer, outlives: Outlives): void {
  const file = openSync(draft, 'wx', fileMode);
  try {
    fchmodSync(file, fileMode);
    writeFileSync(file, content);
    if (outlives === 'power cut') fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

/**
 * Makes a folder and those above it where they are missing. It lasts also where it was there:
 * whoever made it may not have seen to that.
 *
 * @param mode of those that are made
 * @throws what the file system failed with; EEXIST where it is no folder
 */
export function makeFolderSync(path: string, mode: number): void {
  const folder = resolve(path);
  const highest = mkdirSync(folder, { recursive: true, mode }) ?? folder;
  for (let made = folder; made.length >= highest.length; made = dirname(made)) {
    syncFolderSync(dirname(made));
    if (made === dirname(made)) return;
  }
}

/** Makes the content of a file last that something else has written. */
export function syncFileSync(path: string): void {
  const file = openSync(path, 'r');
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

/** Makes the entries of a folder last: what was made, linked, renamed and removed in it. */
export function syncFolderSync(folder: string): void {
  try {
    syncFileSync(folder);
  } catch (error) {
    unlessNotToBeSynced(error);
  }
}

interface FolderSync {
  readonly running: Promise<void>;
  /** Begins when the running one has ended, for all who came after that had begun. */
  next: Promise<void> | undefined;
}

const folderSyncs = new Map<string, FolderSync>();

/** The same; whoever comes while a sync of the folder runs shares the one after it. */
export function syncFolder(folder: string): Promise<void> {
  const present = folderSyncs.get(folder);
  if (present !== undefined)
    return (present.next ??= present.running.catch(() => {}).then(() => begin(folder)));
  return begin(folder);
}

function begin(folder: string): Promise<void> {
  const running = syncNow(folder).finally(() => {
    if (folderSyncs.get(folder)?.next === undefined) folderSyncs.delete(folder);
  });
  folderSyncs.set(folder, { running, next: undefined });
  return running;
}

async function syncNow(folder: string): Promise<void> {
  try {
    const file = await open(folder, 'r');
    try {
      await file.sync();
    } finally {
      await file.close();
    }
  } catch (error) {
    unlessNotToBeSynced(error);
  }
}

/**
 * Some file systems sync no folders, which is for them to answer for; and a folder above one's own
 * may be closed to reading.
 */
function unlessNotToBeSynced(error: unknown): void {
  const { code } = error as NodeJS.ErrnoException;
  if (code !== 'EINVAL' && code !== 'EACCES') throw error;
}
