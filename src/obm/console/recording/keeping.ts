/** What is too old, or more than may be kept of all machines together, goes: the oldest first. */

import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Recording } from './recording.ts';
import { listSegments, removeSegment } from './segment.ts';
import type { Segment } from './segment.ts';
import type { RecordingSettings } from './settings.ts';

/** The log of one machine, whether or not it is written now. */
interface Kept {
  readonly segments: () => readonly Segment[];
  /** Removes the oldest for which that is so. */
  readonly removeOldest: (isTooMuch: (oldest: Segment) => boolean) => Promise<void>;
}

const bytesOf = ({ segments }: Kept): number =>
  segments().reduce((sum, { logBytes, indexBytes }) => sum + logBytes + indexBytes, 0);

const written = (recording: Recording): Kept => ({
  segments: () => recording.segments,
  removeOldest: (isTooMuch) => recording.removeOldest(isTooMuch),
});

/** The log of a machine that is not known any more, or not yet: it stays as long as any other. */
const abandoned = async (folder: string, isOpen: Kepts['isOpen']): Promise<Kept> => {
  let segments = await listSegments(folder);
  const removeOldest: Kept['removeOldest'] = async (isTooMuch) => {
    for (const segment of [...segments]) {
      if (isOpen(folder) || !isTooMuch(segment)) return;
      await removeSegment(segment);
      segments = segments.filter((other) => other !== segment);
    }
    if (segments.length === 0 && !isOpen(folder))
      await rm(folder, { recursive: true, force: true });
  };
  return { segments: () => segments, removeOldest };
};

export interface Kepts {
  readonly directory: string;
  readonly open: () => readonly Recording[];
  /** Whether a folder is one of those, or about to be. */
  readonly isOpen: (folder: string) => boolean;
}

/** Rejects as the disk does. */
export const keepWithin = async (
  { directory, open, isOpen }: Kepts,
  { keepMs, keepBytesInAll }: Pick<RecordingSettings, 'keepMs' | 'keepBytesInAll'>,
  now: number,
): Promise<void> => {
  const all = open().map(written);
  for (const entry of await readdir(directory, { withFileTypes: true })) {
    const folder = join(directory, entry.name);
    if (entry.isDirectory() && !isOpen(folder)) all.push(await abandoned(folder, isOpen));
  }
  let bytes = 0;
  for (const kept of all) {
    await kept.removeOldest((oldest) => oldest.written < now - keepMs);
    bytes += bytesOf(kept);
  }
  if (bytes <= keepBytesInAll) return;
  const segments = all
    .flatMap((kept) => kept.segments().map((segment) => ({ kept, segment })))
    .sort((one, other) => one.segment.written - other.segment.written);
  for (const { kept, segment } of segments) {
    if (bytes <= keepBytesInAll) return;
    const before = bytesOf(kept);
    await kept.removeOldest(({ number }) => number <= segment.number);
    bytes -= before - bytesOf(kept);
  }
};
