/** How consoles are kept: what may be set, and what holds unless it is. Times in ms. */

import type { BoundLimits } from './bounds.ts';

export interface ConsoleSettings {
  /** What is kept of each console to show to whoever comes, bytes: 4 KiB to 512 KiB. */
  readonly ringBytes: number;
  /** A viewer that is further behind is cut, or has bytes skipped, bytes: at most `ringBytes`. */
  readonly unreadMax: number;
  /** A viewer that wants nothing for so long although something waits is cut. */
  readonly standstillMs: number;
  /** Of one console. */
  readonly viewersMax: number;
  /** Who writes gives the role back when he has typed nothing for so long. */
  readonly writerIdleMs: number;
  /** Typed and not yet taken by the OBM, bytes. */
  readonly typedMax: number;
  /** What a writer has typed is told to the audit so often. */
  readonly auditMs: number;
  readonly link: LinkSettings;
}

export interface LinkSettings {
  /** Longest wait for the OBM to hand the console out. */
  readonly openMs: number;
  /** First pause after a console is lost; each further one is twice as long. */
  readonly firstPauseMs: number;
  /** Longest pause. */
  readonly maxPauseMs: number;
  /** Pause where trying again helps nothing until somebody has changed something. */
  readonly hopelessPauseMs: number;
  /** How often to ask whether the one who has the console is gone. */
  readonly takenPauseMs: number;
  /** How long one that may be ours, from before a crash, is given to end by itself. */
  readonly staleMs: number;
  /** A link that was lost soon is not announced again before it has held for so long. */
  readonly settledMs: number;
  /** Pauses begin at the first one again after a link that has held for so long. */
  readonly steadyMs: number;
  /** Shortest time between two tries that somebody asks for. */
  readonly askedMs: number;
  /** How long a link is kept that nobody looks at and no log wants. */
  readonly lingerMs: number;
}

const KiB = 1024;

/**
 * Of a console that is closed as soon as it is opened, this makes at most 19 activations in ten
 * minutes.
 */
export const usualLink: LinkSettings = {
  openMs: 60_000,
  firstPauseMs: 2_000,
  maxPauseMs: 60_000,
  hopelessPauseMs: 600_000,
  takenPauseMs: 60_000,
  staleMs: 3_000,
  settledMs: 10_000,
  steadyMs: 60_000,
  askedMs: 5_000,
  lingerMs: 30_000,
};

export const usualSettings: ConsoleSettings = {
  ringBytes: 128 * KiB,
  unreadMax: 128 * KiB,
  standstillMs: 60_000,
  viewersMax: 128,
  writerIdleMs: 900_000,
  typedMax: 64 * KiB,
  auditMs: 60_000,
  link: usualLink,
};

/** Bounds of `ringBytes`: with what waits for the disk, a console stays below 1 MiB. */
export const ringBytesLeast = 4 * KiB;
export const ringBytesMost = 512 * KiB;

/** Viewers of all consoles together. */
export const usualViewerLimits: BoundLimits = { inAll: 4096, perPrincipal: 1024 };
