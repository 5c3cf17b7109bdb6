/** Logs by their URL: the one place that knows which drivers there are. */

import type { Narrowed } from '../disk/modes.ts';
import type { EventLog } from './log.ts';
import { LogUrlError } from './log.ts';
import { openMemoryLog } from './memory.ts';
import { openSqliteLog } from './sqlite/sqlite-log.ts';

export interface OpenOptions {
  /**
   * What is verified before the log opens: the last commits (default) or all, which takes time in
   * proportion.
   */
  readonly verify?: 'tail' | 'full';
  /** Told of what others could use of the log until now. */
  readonly narrowed?: Narrowed;
}

/** By scheme: how its URLs look, and how what follows the colon is opened. */
interface Driver {
  readonly form: string;
  readonly hasPlace: boolean;
  readonly open: (place: string, options: OpenOptions) => Promise<EventLog>;
}

const drivers: Readonly<Record<string, Driver>> = {
  sqlite: {
    form: 'sqlite:DIRECTORY',
    hasPlace: true,
    open: (directory, options) => openSqliteLog({ directory, ...options }),
  },
  memory: { form: 'memory:', hasPlace: false, open: async () => openMemoryLog() },
};

/** How the URLs of logs look. */
export const logForms: readonly string[] = Object.values(drivers).map(({ form }) => form);

/**
 * Opens a log, making an empty one where there is none.
 *
 * @param url `sqlite:DIRECTORY`, or `memory:` for tests and trials
 * @throws {LogUrlError} no driver has such URLs, or it holds a password
 * @throws {LogUnavailableError} no permission, no space, or the log of a newer release
 * @throws {LogLockedError} it is open already
 * @throws {LogCorruptError} it is not as it was written; nothing was changed
 */
export async function openLog(url: string, options: OpenOptions = {}): Promise<EventLog> {
  const [, scheme = '', place = ''] = /^([a-z][a-z0-9+.-]*):(.*)$/s.exec(url) ?? [];
  if ((URL.parse(url)?.password ?? '') !== '')
    throw new LogUrlError(
      'its URL holds a password',
      'whoever sees the command line or the journal would know it. Leave it out, and change it',
    );
  const driver = Object.hasOwn(drivers, scheme) ? drivers[scheme] : undefined;
  if (driver && (place !== '') === driver.hasPlace) return driver.open(place, options);
  // The rest of the URL may hold a secret all the same.
  const what = driver
    ? `${scheme}: is written otherwise`
    : scheme === ''
      ? 'its URL names no kind of log'
      : `this version knows no logs of kind ${scheme}`;
  throw new LogUrlError(what, `give ${logForms.join(' or ')}`);
}
