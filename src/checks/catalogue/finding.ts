/** Findings that many checks have. */

import { inert, withoutSequences } from '../../terminal/inert.ts';
import type { Finding } from '../check.ts';
import type { Cause } from '../observation.ts';

/** What a machine printed could not be made sense of. */
export const unreadable = (text: string): Finding => ({
  verdict: 'unknown',
  value: null,
  text,
  cause: 'unreadable',
});

/** It could not be found out. */
export const unknown = (text: string, cause: Cause): Finding => ({
  verdict: 'unknown',
  value: null,
  text,
  cause,
});

/** The machine has no such thing, or what it stands on failed. */
export const skipped = (text: string): Finding => ({ verdict: 'skipped', value: null, text });

/** Longest text of a finding, in characters. */
export const textMax = 300;

/** A line of foreign text, short enough for a table. */
export const shortened = (text: string, max = textMax): string =>
  text.length <= max ? text : `${text.slice(0, max - 1)}…`;

/** What machines print may hold anything; a finding is one line that does nothing to a terminal. */
export const withoutControls = (text: string): string => inert(withoutSequences(text));
