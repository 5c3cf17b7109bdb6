/** Files that only the station's user may read. */

import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * Writes a file beside its place and renames it, so that a crash leaves the old one or the new one,
 * whole. Durable when it returns.
 *
 * @throws what the file system failed with; the file is as it was
 */
export const replaceFile = (path: string, content: string | Buffer): void => {
  const draft = `${path}.new`;
  rmSync(draft, { force: true });
  withOpen(draft, 'wx', (file) => {
    writeFileSync(file, content);
    fsyncSync(file);
  });
  renameSync(draft, path);
  withOpen(dirname(path), 'r', fsyncSync);
};

const withOpen = (path: string, flags: string, use: (file: number) => void): void => {
  const file = openSync(path, flags, 0o600);
  try {
    use(file);
  } finally {
    closeSync(file);
  }
};
