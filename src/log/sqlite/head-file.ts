/**
 * The head file: where the log ended when it was last written.
 *
 * SQLite drops a damaged end of its write-ahead log without a word, as if the last transactions had
 * never been. The head file is written after a batch is durable, in place and without a sync of its
 * own, so it is never ahead of an intact log; a log that ends before it has lost something. A power
 * cut may leave an older one, or a torn one, which says nothing; that of a log that was closed lasts.
 */

import { closeSync, constants, fsyncSync, openSync, readFileSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { crc32 } from 'node:zlib';
import { syncFolderSync } from '../../disk/lasting-file.ts';
import type { LogPosition } from '../chain.ts';

/** `undefined` where there is no head file or it is torn: both say nothing about the log. */
export function readHeadFile(path: string): LogPosition | undefined {
  let text: string;
  try {
    text = readFileSync(path, 'latin1');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  const match = /^(halcyon-head 1 (\d{16}) ([0-9a-f]{8})) ([0-9a-f]{8})\n$/.exec(text);
  if (match === null || crc32(match[1] as string) !== parseInt(match[4] as string, 16)) {
    return undefined;
  }
  return { revision: Number(match[2]), crc: parseInt(match[3] as string, 16) };
}

export class HeadFile {
  readonly #descriptor: number;

  constructor(path: string) {
    this.#descriptor = openSync(
      path,
      constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW,
      0o600,
    );
    syncFolderSync(dirname(path));
  }

  /** The text has a fixed length, so that a newer one always covers the older. */
  write(position: LogPosition): void {
    const revision = String(position.revision).padStart(16, '0');
    const text = `halcyon-head 1 ${revision} ${hex(position.crc)}`;
    writeSync(this.#descriptor, `${text} ${hex(crc32(text))}\n`, 0, 'latin1');
  }

  close(): void {
    try {
      fsyncSync(this.#descriptor);
    } finally {
      closeSync(this.#descriptor);
    }
  }
}

function hex(crc: number): string {
  return crc.toString(16).padStart(8, '0');
}
