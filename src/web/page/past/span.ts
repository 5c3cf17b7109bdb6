/** The stretch of time that the slider covers, and which moment each of its places is. */

import type { LogMoments } from '../../../client/types.ts';

/** How far back it goes, ms; undefined: to the first commit. */
export const spans = [
  { name: 'all', words: 'the whole log', ms: undefined },
  { name: '30d', words: 'the last 30 days', ms: 30 * 86_400_000 },
  { name: '24h', words: 'the last 24 hours', ms: 86_400_000 },
  { name: '1h', words: 'the last hour', ms: 3_600_000 },
] as const;

export type SpanName = (typeof spans)[number]['name'];

/** A moment, as far as it is known. */
export interface KnownMoment {
  readonly revision: number | undefined;
  /** Ms since the epoch. */
  readonly time: number | undefined;
}

/** Places of the slider: the last one is now. */
export const placesOf = ({ steps }: LogMoments): number => steps.length;

/** Where a moment is; undefined: it is before what the slider covers, or not known. */
export const placeOf = (
  { steps, before, since }: LogMoments,
  { revision, time }: KnownMoment,
): number | undefined => {
  if (revision !== undefined && revision > before) {
    const place = steps.findIndex((step) => step.revision >= revision);
    return place < 0 ? steps.length - 1 : place;
  }
  if (revision !== undefined || time === undefined || time < since) return undefined;
  const place = steps.findIndex(({ until }) => until >= time);
  return place < 0 ? steps.length - 1 : place;
};

/** What is at a place; null: now. */
export const momentAtPlace = (
  { steps, before }: LogMoments,
  place: number,
): { readonly revision: number; readonly until: number; readonly commits: number } | null => {
  const step = steps[place];
  // Of a log that has not begun there is nothing to be seen.
  return step ? { ...step, revision: Math.max(step.revision, before, 1) } : null;
};

/** How much happened when, as the outline of bars in a box of `steps.length` by 1; tall is much. */
export const outlineOf = ({ steps }: LogMoments): string => {
  const most = Math.max(1, ...steps.map(({ commits }) => commits));
  return steps
    .map(({ commits }, index) => {
      // A single commit among thousands is still to be seen.
      const height = commits === 0 ? 0 : 0.15 + (0.85 * Math.log1p(commits)) / Math.log1p(most);
      return `M${index} 1V${(1 - Math.min(1, height)).toFixed(3)}h0.9V1z`;
    })
    .join('');
};
