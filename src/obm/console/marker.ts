/** What happened beside a console, at a place of its stream. Never bytes in it, which a machine could write too. */

import { inert } from '../../terminal/inert.ts';

/**
 * - `connected`, `lost`: we have the console, or have it no more
 * - `gap`: something is missing at this place, nobody knows how much
 * - `skipped`: this viewer was too slow and has missed so many bytes; they are in the log
 * - `not-kept`: the log misses what came between two times
 * - `started`: the daemon has begun anew
 * - `attached`, `left`, `writer`, `break`: what viewers did
 * - `owner`: the machine has a new owner
 * - `power`, `node`, `note`: what others have to say about the machine
 */
export const markerKinds = [
  'connected',
  'lost',
  'gap',
  'skipped',
  'not-kept',
  'started',
  'attached',
  'left',
  'writer',
  'break',
  'owner',
  'power',
  'node',
  'note',
] as const;
export type MarkerKind = (typeof markerKinds)[number];

export interface Marker {
  readonly kind: MarkerKind;
  /** Wall clock, ms since the epoch. */
  readonly at: number;
  /** Of the byte that it stands before. */
  readonly position: number;
  /** One line for people. */
  readonly text: string;
}

/** Characters of a text. */
export const markerTextMax = 256;

/** One line without control characters, and no longer than it may be. */
export const markerText = (text: string): string => inert(text.slice(0, markerTextMax));
