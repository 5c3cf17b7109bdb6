/** The moment that is looked at: `at` in the address, a revision or a time, kept from page to page. */

import { changeQuery, placeNow, usePlace } from './router.ts';

/** Undefined: the cluster as it is. */
export const useMoment = (): string | undefined => usePlace().query.get('at')?.trim() || undefined;

/**
 * Looks at another moment, on the same page; null: now. Going back in the browser leaves the past at once, not step by
 * step.
 */
export const lookAt = (at: string | null): void =>
  changeQuery({ at }, { replace: placeNow().query.has('at') && at !== null });
