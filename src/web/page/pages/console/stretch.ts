/** Which stretch of a console's log is meant, as the address says it. */

import type { QueryChange } from '../../state/router.ts';

/** Ms since the epoch; undefined: it is no moment. */
export const momentIn = (text: string | null): number | undefined => {
  if (text === null) return undefined;
  const at = /^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(text) ? Date.parse(text) : NaN;
  return Number.isNaN(at) ? undefined : at;
};

/** What is played of an event: what led to it, and what came of it; ms. */
const [before, after] = [10_000, 5 * 60_000];

export const playedAround = (at: number): QueryChange => ({
  ...{ view: 'play', grep: null },
  since: new Date(at - before).toISOString(),
  until: new Date(at + after).toISOString(),
});

/** What somebody wrote into a field of a form. */
export const saidIn = (data: FormData, name: string): string => {
  const value = data.get(name);
  return typeof value === 'string' ? value : '';
};
