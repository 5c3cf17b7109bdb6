/** What an acknowledged commit survives on a PostgreSQL server, as its settings have it. */

import type { Durability } from '../log.ts';
import { LogUnavailableError } from '../log.ts';

/** Settings as a session finds them. */
export interface ServerSettings {
  readonly fsync: string;
  readonly fullPageWrites: string;
  readonly synchronousCommit: string;
  /** Where that comes from, in the words of pg_settings. */
  readonly synchronousCommitSource: string;
  readonly synchronousStandbyNames: string;
}

/** What the whole server goes by, and not one role or database. */
const ofServer = new Set([
  'default',
  'environment variable',
  'configuration file',
  'command line',
  'global',
  'override',
]);

/**
 * What a session has to set for itself: what was set for its role or its database must not lower what
 * a commit survives.
 */
export const ownSynchronousCommit = ({
  synchronousCommit,
  synchronousCommitSource,
}: ServerSettings): 'on' | undefined =>
  ofServer.has(synchronousCommitSource) || ['on', 'remote_apply'].includes(synchronousCommit)
    ? undefined
    : 'on';

/**
 * What a commit survives that a session has made.
 *
 * @throws {LogUnavailableError} less than a crash of the server
 */
export function durabilityOf(settings: ServerSettings): Durability {
  for (const [name, value] of [
    ['fsync', settings.fsync],
    ['full_page_writes', settings.fullPageWrites],
  ] as const)
    if (value !== 'on')
      throw new LogUnavailableError(
        `the server runs with ${name}=off: a power cut may destroy its database. Set ` +
          `${name} = on in its postgresql.conf and reload it`,
      );
  const hasStandbys = settings.synchronousStandbyNames.trim() !== '';
  switch (ownSynchronousCommit(settings) ?? settings.synchronousCommit) {
    case 'on':
    case 'remote_apply':
      return hasStandbys ? 'disk-quorum' : 'disk';
    case 'remote_write':
      return hasStandbys ? 'quorum-memory' : 'disk';
    case 'local':
      return 'disk';
    default:
      throw new LogUnavailableError(
        'the server runs with synchronous_commit=off: what is acknowledged is in its memory only. ' +
          'Set synchronous_commit = on in its postgresql.conf and reload it',
      );
  }
}
