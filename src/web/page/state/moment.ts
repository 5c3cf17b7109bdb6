/** The moment that is looked at: `at` in the address, a revision or a time, kept from page to page. */

import { usePlace } from './router.ts';

/** Undefined: the cluster as it is. */
export const useMoment = (): string | undefined => usePlace().query.get('at') ?? undefined;
