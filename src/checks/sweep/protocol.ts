/** What the station and the process that looks at machines say to each other: a line of JSON each. */

import type { Observation } from '../observation.ts';
import type { CheckSettings } from '../settings/settings.ts';

/** A look at one machine. */
export interface Job {
  readonly machine: string;
  /** Address, or a name that has one. */
  readonly address: string;
  /** Ids; each is answered once. */
  readonly checks: readonly string[];
}

/** What was found, before anybody judged how often. */
export type Found = Omit<Observation, 'soft' | 'flapping'>;

export type ToChecker =
  /** The first line. */
  | { readonly say: 'settings'; readonly settings: CheckSettings }
  | { readonly say: 'look'; readonly jobs: readonly Job[] };

export type FromChecker =
  /** It takes jobs. */
  { readonly say: 'ready' } | { readonly say: 'found'; readonly found: readonly Found[] };

/** Observations that are told at once: what the station takes of them is one turn of its event loop. */
export const foundPerLine = 500;
/** A longer line is not read, bytes. */
export const lineBytesMax = 4 * 1024 * 1024;
