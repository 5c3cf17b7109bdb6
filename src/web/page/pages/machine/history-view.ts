/** Which part of the history is looked at, as it stands in the address. */

import type { HistoryKind } from '../../../../client/types.ts';
import { historyKinds } from '../../../../client/view/history-kinds.ts';

/** Of `boot,check`, those that there are; none: all. */
export const kindsIn = (said: string | null): readonly HistoryKind[] => {
  const words = new Set((said ?? '').split(','));
  return historyKinds.filter((kind) => words.has(kind));
};

/** With one more kind, or without it; null where none is left, or all are. */
export const kindsWith = (kinds: readonly HistoryKind[], one: HistoryKind): string | null => {
  const next = historyKinds.filter((kind) => (kind === one) !== kinds.includes(kind));
  return next.length === 0 || next.length === historyKinds.length ? null : next.join(',');
};

/** Numbers from here on are times, as the station has it. */
const smallestTime = 1_000_000_000_000;

/**
 * What the history is asked for: all until the moment that is looked at, or what is older than a page.
 *
 * @param at a revision, ms since the epoch or an ISO time; undefined: now
 * @param cursor `next` of the page before
 */
export const atBefore = (
  at: string | undefined,
  cursor: string | undefined,
): { readonly cursor?: string; readonly until?: number } => {
  if (cursor !== undefined) return { cursor };
  if (at === undefined) return {};
  const number = /^\d+$/.test(at) ? Number(at) : Date.parse(at);
  if (Number.isNaN(number)) return {};
  return number < smallestTime && /^\d+$/.test(at)
    ? { cursor: String(number + 1) }
    : { until: number };
};

/** Moments that are marked to be compared: two revisions at most. */
export const pickedIn = (said: string | null): readonly number[] =>
  (said ?? '')
    .split(',')
    .filter((word) => /^[1-9]\d{0,14}$/.test(word))
    .map(Number)
    .slice(0, 2);

/** With a moment marked, or not any more; of three the first gives way. Null: none is. */
export const withPicked = (picked: readonly number[], one: number): string | null => {
  const next = picked.includes(one)
    ? picked.filter((revision) => revision !== one)
    : [...picked, one].slice(-2);
  return next.length === 0 ? null : next.join(',');
};
