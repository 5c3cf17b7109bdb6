/** Passwords for PostgreSQL, from where its users keep them: PGPASSWORD, PGPASSFILE, ~/.pgpass. */

import { readFileSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { LogUnavailableError } from '../log.ts';
import type { PostgresHost, PostgresPlace } from './url.ts';

const advice =
  'put a line HOST:PORT:DATABASE:USER:PASSWORD into ~/.pgpass (mode 0600), or into the file that ' +
  'PGPASSFILE names';

/**
 * The password of a user at a host. It is read whenever a server asks for it, so that it may be
 * changed while a station runs.
 *
 * @throws {LogUnavailableError} there is none, or others may read the file that it is in
 */
export function passwordFor(
  { user, database }: PostgresPlace,
  { host, port }: PostgresHost,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): string {
  const own = environment['PGPASSWORD'];
  if (own !== undefined && own !== '') return own;
  const file = environment['PGPASSFILE'] || join(environment['HOME'] ?? homedir(), '.pgpass');
  const wanted = [host.startsWith('/') ? 'localhost' : host, String(port), database, user];
  for (const line of linesOf(file)) {
    const fields = fieldsOf(line);
    const password = fields[4];
    const isIt = wanted.every((value, index) => [value, '*'].includes(fields[index] ?? ''));
    if (isIt && password !== undefined && !line.startsWith('#')) return password;
  }
  throw new LogUnavailableError(`the server asks for a password, and there is none: ${advice}`);
}

const linesOf = (file: string): string[] => {
  const stat = statSync(file, { throwIfNoEntry: false });
  if (stat === undefined) return [];
  if (!stat.isFile()) throw new LogUnavailableError(`${file} is no file: ${advice}`);
  if ((stat.mode & 0o077) !== 0)
    throw new LogUnavailableError(
      `others may read the passwords in ${file}, so it is not used: chmod 0600 ${file}`,
    );
  try {
    return readFileSync(file, 'utf8').split(/\r?\n/);
  } catch (cause) {
    const { message } = cause as Error;
    throw new LogUnavailableError(`the passwords cannot be read: ${message}`, { cause });
  }
};

/** The fields of a line, which colons part; a backslash keeps the meaning from what follows it. */
const fieldsOf = (line: string): string[] => {
  const fields = [''];
  for (const [piece] of line.matchAll(/\\[^]|[^]/g)) {
    if (piece === ':' && fields.length < 5) fields.push('');
    else fields[fields.length - 1] += piece.length > 1 ? piece.slice(1) : piece;
  }
  return fields;
};
