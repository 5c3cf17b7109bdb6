/** Logs by their URL: the one place that knows which drivers there are. */

import type { Narrowed } from '../disk/modes.ts';
import type { EventLog } from './log.ts';
import { isOnServers, LogUnavailableError, LogUrlError } from './log.ts';
import { openMemoryLog } from './memory.ts';
import type { MirroredLogOptions } from './mirror/open-mirror.ts';
import { openSqliteLog } from './sqlite/sqlite-log.ts';

export interface OpenOptions {
  /**
   * What is verified before the log opens: the last commits (default) or all, which takes time in
   * proportion.
   */
  readonly verify?: 'tail' | 'full';
  /** Told of what others could use of the log until now. */
  readonly narrowed?: Narrowed;
  /**
   * Where a log on servers gets its mirror, as whoever runs a station on it wants; absent: all reading
   * is of the servers. A log on this machine has none.
   */
  readonly mirror?: Pick<MirroredLogOptions, 'directory' | 'news'>;
  /** Nothing is made where there is no log. */
  readonly mustExist?: boolean;
}

/** By scheme: how its URLs look, and how what follows the colon is opened. */
interface Driver {
  readonly form: string;
  readonly hasPlace: boolean;
  readonly open: (place: string, options: OpenOptions) => Promise<EventLog>;
  /** Where something is to be made before it can be opened; see `initLog`. */
  readonly init?: (place: string, options: InitOptions) => Promise<string[]>;
}

export interface InitOptions {
  /** Who is to use the log, and gets no more rights than that takes. */
  readonly role?: string | undefined;
}

/** Its client is loaded only by whoever uses it. */
const postgres: Driver = {
  form: 'postgres://USER@HOST[:PORT][,HOST…]/DATABASE',
  hasPlace: true,
  open: async (place, { verify }) => {
    const { openPostgresLog } = await import('./postgres/open.ts');
    return openPostgresLog({ place, ...(verify && { verify }) });
  },
  init: async (place, options) => {
    const { initPostgresLog } = await import('./postgres/migrate.ts');
    return initPostgresLog({ place, ...options });
  },
};

/** The same. */
const kurrentdb = (discover: boolean): Driver => ({
  form: 'kurrentdb://HOST[:PORT][,HOST…]/STREAM',
  hasPlace: true,
  open: async (place, { verify, mustExist }) => {
    const { openKurrentdbLog } = await import('./kurrentdb/kurrentdb-log.ts');
    const log = await openKurrentdbLog({ place, discover, ...(verify && { verify }) });
    if (!mustExist || log.head() > 0) return log;
    await log.close();
    throw new LogUnavailableError('there is no log in the stream on KurrentDB that its URL names');
  },
});

const drivers: Readonly<Record<string, Driver>> = {
  sqlite: {
    form: 'sqlite:DIRECTORY',
    hasPlace: true,
    open: (directory, { verify, narrowed, mustExist }) =>
      openSqliteLog({
        directory,
        ...(verify && { verify }),
        ...(narrowed && { narrowed }),
        ...(mustExist && { mustExist }),
      }),
  },
  memory: { form: 'memory:', hasPlace: false, open: async () => openMemoryLog() },
  postgres,
  postgresql: postgres,
  kurrentdb: kurrentdb(false),
  'kurrentdb+discover': kurrentdb(true),
  // What it was called before.
  esdb: kurrentdb(false),
  'esdb+discover': kurrentdb(true),
};

/** How the URLs of logs look. */
export const logForms: readonly string[] = [
  ...new Set(Object.values(drivers).map(({ form }) => form)),
];

/**
 * Opens a log. An empty one is made where there is none, on a disk of this machine; on servers it is
 * there already, see `initLog`.
 *
 * @param url `sqlite:DIRECTORY`, `memory:` for tests and trials, `postgres://…` or
 *   `kurrentdb://…` on servers
 * @throws {LogUrlError} no driver has such URLs, or it holds a password
 * @throws {LogUnavailableError} no permission, no space, or the log of a newer release
 * @throws {LogLockedError} it is open already
 * @throws {LogCorruptError} it is not as it was written; nothing was changed
 */
export async function openLog(url: string, options: OpenOptions = {}): Promise<EventLog> {
  const { driver, place } = driverOf(url);
  const log = await driver.open(place, options);
  if (!isOnServers(log) || !options.mirror) return log;
  const { openMirroredLog } = await import('./mirror/open-mirror.ts');
  const { mirror, verify, narrowed } = options;
  return openMirroredLog({
    engine: log,
    ...mirror,
    ...(verify && { verify }),
    ...(narrowed && { narrowed }),
  });
}

/**
 * Makes what a log on servers needs before it can be opened. What is there stays as it is.
 *
 * @returns what was done, a sentence each
 * @throws {LogUrlError} no driver has such URLs, or there is nothing to be made
 * @throws {LogUnavailableError} it could not be made
 */
export async function initLog(url: string, options: InitOptions = {}): Promise<string[]> {
  const { driver, place } = driverOf(url);
  if (driver.init) return driver.init(place, options);
  throw new LogUrlError('its kind needs nothing to be made', 'start the station with it');
}

const driverOf = (url: string): { driver: Driver; place: string } => {
  const [, scheme = '', place = ''] = /^([a-z][a-z0-9+.-]*):(.*)$/s.exec(url) ?? [];
  if ((URL.parse(url)?.password ?? '') !== '')
    throw new LogUrlError(
      'its URL holds a password',
      'whoever sees the command line or the journal would know it. Leave it out, and change it',
    );
  const driver = Object.hasOwn(drivers, scheme) ? drivers[scheme] : undefined;
  if (driver && (place !== '') === driver.hasPlace) return { driver, place };
  // The rest of the URL may hold a secret all the same.
  const what = driver
    ? `${scheme}: is written otherwise`
    : scheme === ''
      ? 'its URL names no kind of log'
      : `this version knows no logs of kind ${scheme}`;
  throw new LogUrlError(what, `give ${logForms.join(' or ')}`);
};
