/**
 * How fast one address may be told that it is not let in. Whoever shows what is valid is never counted, and so not
 * held up by who guesses from the same address.
 */

import type { Pace } from '../paces.ts';

export const knocksPace: Pace = { burst: 20, everyMs: 500, keysMax: 10_000 };
