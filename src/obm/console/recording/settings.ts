/** How the logs of consoles are kept: what may be set, and what holds unless it is. */

import type { BoundLimits } from '../bounds.ts';

export interface RecordingSettings {
  /** A segment is ended when its two files have so many bytes, or when it is so old, ms. */
  readonly segmentBytes: number;
  readonly segmentMs: number;
  /** What is kept of each machine, bytes and ms; a whole segment more at most. */
  readonly keepBytes: number;
  readonly keepMs: number;
  /** What is kept of all machines, bytes. */
  readonly keepBytesInAll: number;
  /** Longest time that output waits for the disk while that is well, ms. */
  readonly flushMs: number;
  /** Output that may wait for the disk, of one machine and of all, bytes; what is beyond is not kept. */
  readonly waitingMax: number;
  readonly waitingInAllMax: number;
  /** Between two tries to write again to a disk that has failed, ms. */
  readonly retryMs: number;
  /** Files that are held open to be written. */
  readonly filesMax: number;
  /** Reads of logs at a time, over all machines. */
  readonly readers: BoundLimits;
}

const [KiB, MiB, GiB] = [1024, 1024 ** 2, 1024 ** 3];

export const usualRecording: RecordingSettings = {
  segmentBytes: 4 * MiB,
  segmentMs: 24 * 3_600_000,
  keepBytes: 64 * MiB,
  keepMs: 90 * 24 * 3_600_000,
  keepBytesInAll: 20 * GiB,
  flushMs: 500,
  waitingMax: 512 * KiB,
  waitingInAllMax: 64 * MiB,
  retryMs: 5_000,
  filesMax: 1024,
  readers: { inAll: 64, perPrincipal: 16 },
};
