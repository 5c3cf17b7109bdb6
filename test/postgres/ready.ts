/** Databases that a log can be opened in. */

import { initPostgresLog } from '../../src/log/postgres/migrate.ts';
import { openPostgresLog } from '../../src/log/postgres/open.ts';
import type { PostgresLogOptions } from '../../src/log/postgres/open.ts';
import type { EventLog } from '../../src/log/log.ts';

/** What follows the scheme of a URL. */
export const placeOf = (url: string): string => url.slice(url.indexOf(':') + 1);

/** Makes the tables of a log; see `halcyon log init`. */
export const init = (url: string, role?: string): Promise<string[]> =>
  initPostgresLog({ place: placeOf(url), role });

/** Opens the log at a URL; its deadlines are shorter than a station's where a test says so. */
export const open = (
  url: string,
  options: Omit<PostgresLogOptions, 'place'> = {},
): Promise<EventLog> => openPostgresLog({ place: placeOf(url), ...options });
