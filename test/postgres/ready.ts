/** Databases that a log can be opened in. */

import { initPostgresLog } from '../../src/log/postgres/migrate.ts';
import { openPostgresLog } from '../../src/log/postgres/open.ts';
import type { PostgresLogOptions } from '../../src/log/postgres/open.ts';
import { LogUnavailableError } from '../../src/log/log.ts';
import type { EventLog } from '../../src/log/log.ts';

/** What follows the scheme of a URL. */
export const placeOf = (url: string): string => url.slice(url.indexOf(':') + 1);

/** Longer than a server on a busy machine takes to let anybody in, ms. */
const patienceMs = 120_000;

/** A machine that has much else to do is no fault of a server: who is not answered in time asks again. */
const patiently = async <T>(ask: () => Promise<T>): Promise<T> => {
  const deadline = performance.now() + patienceMs;
  for (;;)
    try {
      return await ask();
    } catch (error) {
      const isSlow = error instanceof LogUnavailableError && /no answer within/.test(error.message);
      if (!isSlow || performance.now() > deadline) throw error;
    }
};

/** Makes the tables of a log; see `halcyon log init`. */
export const init = (url: string, role?: string): Promise<string[]> =>
  patiently(() => initPostgresLog({ place: placeOf(url), role }));

/** Opens the log at a URL; its deadlines are shorter than a station's where a test says so. */
export const open = (
  url: string,
  options: Omit<PostgresLogOptions, 'place'> = {},
): Promise<EventLog> => patiently(() => openPostgresLog({ place: placeOf(url), ...options }));
